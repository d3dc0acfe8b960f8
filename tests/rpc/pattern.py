# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""What a message has to look like: JSON with wildcards, and names for what they find. README.md has the table."""

import json
import re

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ABSENT = object()

KINDS = {
    "any": lambda v: True,
    "string": lambda v: isinstance(v, str),
    "text": lambda v: isinstance(v, str) and v != "",
    "number": lambda v: type(v) in (int, float),
    "integer": lambda v: type(v) is int,
    "float": lambda v: type(v) is float,
    "boolean": lambda v: type(v) is bool,
    "uuid": lambda v: isinstance(v, str) and re.fullmatch(UUID, v),
    # Since 1970, as text: 13 digits until the year 2286.
    "millis": lambda v: isinstance(v, str) and re.fullmatch(r"\d{13}", v),
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
}
WILDCARD = re.compile(r"\$(?:(?P<kind>[a-z]+)|/(?P<regex>.*)/)(?::(?P<name>\w+))?", re.DOTALL)


class Mismatch(Exception):
    """Says where, what was found and what should have been there."""


def fail(where, found, wanted):
    found = "nothing" if found is ABSENT else json.dumps(found, ensure_ascii=False)
    raise Mismatch(f"{where or 'the message'}: found {found}, wanted {wanted}")


def match(pattern, value, names, where=""):
    """Raises Mismatch, or adds what was named to `names`."""
    if isinstance(pattern, str) and pattern.startswith("$"):
        return match_wildcard(pattern, value, names, where)
    if isinstance(pattern, dict):
        if len(pattern) == 1 and (special := SPECIAL.get(next(iter(pattern)))):
            return special(next(iter(pattern.values())), value, names, where)
        return match_object(pattern, value, names, where)
    if isinstance(pattern, list):
        if not isinstance(value, list):
            fail(where, value, "an array")
        if len(pattern) != len(value):
            fail(where, value, f"{len(pattern)} elements: {json.dumps(pattern)}")
        for i, (wanted, found) in enumerate(zip(pattern, value)):
            match(wanted, found, names, f"{where}[{i}]")
        return None
    # 1, 1.0 and true are three values: clients in typed languages see the difference.
    if type(pattern) is not type(value) or pattern != value:
        fail(where, value, json.dumps(pattern))
    return None


def match_wildcard(pattern, value, names, where):
    if pattern == "$absent":
        return fail(where, value, "no such member")
    found = WILDCARD.fullmatch(pattern)
    if not found or (found["kind"] and found["kind"] not in KINDS):
        raise ValueError(f"{pattern} is no wildcard")
    if found["kind"]:
        fits = value is not ABSENT and KINDS[found["kind"]](value)
    else:
        fits = isinstance(value, str) and re.search(found["regex"], value)
    if not fits:
        fail(where, value, pattern)
    if found["name"]:
        names[found["name"]] = value
    return None


def match_object(pattern, value, names, where):
    if not isinstance(value, dict):
        fail(where, value, "an object")
    others = pattern.get("$others", ABSENT)
    for key, wanted in pattern.items():
        if key == "$others" or (wanted == "$absent" and key not in value):
            continue
        if key not in value:
            fail(f"{where}.{key}", ABSENT, json.dumps(wanted))
        match(wanted, value[key], names, f"{where}.{key}")
    for key, found in value.items():
        if key not in pattern:
            if others is ABSENT:
                fail(f"{where}.{key}", found, "no such member")
            match(others, found, names, f"{where}.{key}")


def take_each(patterns, values, names, where):
    """Each pattern takes the first value that is left for it. Returns the values that nobody took."""
    left = list(values)
    for pattern in patterns:
        for i, value in enumerate(left):
            attempt = {}
            try:
                match(pattern, value, attempt, where)
            except Mismatch:
                continue
            names.update(attempt)
            del left[i]
            break
        else:
            fail(where, values, f"an element like {json.dumps(pattern)}")
    return left


def unordered(patterns, value, names, where):
    if not isinstance(value, list):
        fail(where, value, "an array")
    left = take_each(patterns, value, names, where)
    if left:
        fail(where, left, "no more elements")


def contains(patterns, value, names, where):
    if not isinstance(value, list):
        fail(where, value, "an array")
    take_each(patterns, value, names, where)


def each(pattern, value, names, where):
    if not isinstance(value, (list, dict)) or not value:
        fail(where, value, "an array or object that is not empty")
    for key, found in value.items() if isinstance(value, dict) else enumerate(value):
        match(pattern, found, names, f"{where}[{key}]")


SPECIAL = {"$unordered": unordered, "$contains": contains, "$each": each}


def substitute(text, names):
    """`"${x}"` becomes the value of x as JSON; `${x}` inside of a longer string the text of x."""

    def value_of(found):
        name = found[1]
        if name not in names:
            raise ValueError(f"nothing has been named {name} yet")
        return names[name]

    text = re.sub(r'"\$\{(\w+)\}"', lambda m: json.dumps(value_of(m)), text)

    def part(found):
        value = value_of(found)
        return json.dumps(value)[1:-1] if isinstance(value, str) else json.dumps(value)

    return re.sub(r"\$\{(\w+)\}", part, text)
