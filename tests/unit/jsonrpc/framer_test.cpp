// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "jsonrpc/framer.hpp"

#include <gtest/gtest.h>

namespace rivero::jsonrpc {
namespace {

TEST(FrameReader, GivesTheTextsBackHoweverTheBytesAreCut) {
    const std::string stream = make_frame("one") + make_frame("{}") + make_frame("three");
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        FrameReader reader;
        std::vector<std::string> texts;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            reader.feed(as_bytes(std::string_view{stream}.substr(at, piece)));
            for (auto text = reader.next(); text && *text; text = reader.next())
                texts.push_back(**text);
        }
        EXPECT_EQ(texts, (std::vector<std::string>{"one", "{}", "three"})) << "pieces of " << piece;
    }
}

TEST(FrameReader, WritesTheLengthBigEndian) {
    EXPECT_EQ(make_frame("{}"), std::string("\0\0\0\2{}", 6));
}

struct Case {
    const char* name;
    std::string header;
};
class FrameReaderRefuses : public testing::TestWithParam<Case> {};

TEST_P(FrameReaderRefuses, TheFrameAndEverythingAfterIt) {
    FrameReader reader{16};
    reader.feed(as_bytes(GetParam().header));
    EXPECT_EQ(reader.next().error(), ParseError::bad_length);
    reader.feed(as_bytes(make_frame("fine")));
    EXPECT_EQ(reader.next().error(), ParseError::bad_length);
}

INSTANTIATE_TEST_SUITE_P(Lengths, FrameReaderRefuses,
                         testing::Values(Case{"Empty", std::string(4, '\0')},
                                         Case{"OneTooLong", std::string("\0\0\0\x11", 4)},
                                         Case{"Longest", "\xff\xff\xff\xff"}),
                         [](const auto& row) { return row.param.name; });

TEST(FrameReader, WaitsForTheRestOfAHeaderAndOfAText) {
    FrameReader reader;
    reader.feed(as_bytes(std::string_view("\0\0", 2)));
    EXPECT_EQ(reader.next().value(), std::nullopt);
    reader.feed(as_bytes(std::string_view("\0\3ab", 4)));
    EXPECT_EQ(reader.next().value(), std::nullopt);
    reader.feed(as_bytes("c"));
    EXPECT_EQ(reader.next().value(), "abc");
    EXPECT_EQ(reader.next().value(), std::nullopt);
}

}  // namespace
}  // namespace rivero::jsonrpc
