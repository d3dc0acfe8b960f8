# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""The judge is judged: a pattern that takes too much would let everything pass."""

import unittest

from pattern import Mismatch, match, substitute


def named(pattern, value):
    names = {}
    match(pattern, value, names)
    return names


class Matching(unittest.TestCase):
    def refuses(self, pattern, value):
        with self.assertRaises(Mismatch):
            match(pattern, value, {})

    def test_values_are_of_the_same_type(self):
        named([1, 1.0, True, None, "1"], [1, 1.0, True, None, "1"])
        self.refuses(1, 1.0)
        self.refuses(1, True)
        self.refuses(0, False)
        self.refuses(None, "")

    def test_members_are_exact_unless_others_are_welcome(self):
        self.refuses({"a": 1}, {"a": 1, "b": 2})
        self.refuses({"a": 1, "b": "$any"}, {"a": 1})
        named({"a": 1, "$others": "$integer"}, {"a": 1, "b": 2})
        self.refuses({"a": 1, "$others": "$integer"}, {"a": 1, "b": "2"})
        self.refuses({"a": "$absent"}, {"a": None})
        named({"a": "$absent"}, {})

    def test_wildcards_say_what_they_take(self):
        uuid = "01234567-89ab-cdef-0123-456789abcdef"
        named(["$uuid", "$text", "$string", "$float", "$integer", "$millis"], [uuid, "x", "", 1.0, 1, "1700000000000"])
        for pattern, value in [("$uuid", uuid.upper()), ("$text", ""), ("$float", 1), ("$integer", 1.0), ("$integer", True),
                               ("$number", "1"), ("$number", False), ("$boolean", 0), ("$millis", 1700000000000), ("$string", None)]:
            self.refuses(pattern, value)

    def test_unknown_wildcards_are_no_wildcards(self):
        with self.assertRaises(ValueError):
            match("$sting", "x", {})

    def test_names_are_kept(self):
        self.assertEqual(named({"value": "$/^v=0/:sdp"}, {"value": "v=0\r\n"}), {"sdp": "v=0\r\n"})
        self.refuses("$/^v=0/", "x v=0")

    def test_arrays(self):
        self.refuses([1, 2], [2, 1])
        named({"$unordered": [2, 1]}, [1, 2])
        self.refuses({"$unordered": [1]}, [1, 2])
        self.refuses({"$unordered": [1, 1]}, [1, 2])
        named({"$contains": [2]}, [1, 2])
        self.refuses({"$contains": [3]}, [1, 2])
        named({"$each": "$integer"}, {"a": 1, "b": 2})
        self.refuses({"$each": "$integer"}, [1, "2"])
        self.refuses({"$each": "$integer"}, [])

    def test_what_was_named_comes_back_as_json_or_inside_of_text(self):
        names = {"id": 'a"b', "list": [1]}
        self.assertEqual(substitute('{"x":"${id}","y":"${list}","z":"-${id}-"}', names), '{"x":"a\\"b","y":[1],"z":"-a\\"b-"}')
        with self.assertRaises(ValueError):
            substitute("${nobody}", names)


if __name__ == "__main__":
    unittest.main()
