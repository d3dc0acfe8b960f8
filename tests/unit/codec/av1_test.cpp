// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/av1.hpp"

#include "samples.hpp"

#include <gtest/gtest.h>

namespace rivero::codec {
namespace {

TEST(Leb128, IsWrittenAndRead) {
    for (std::size_t value : {0u, 1u, 127u, 128u, 16383u, 16384u, 4194304u, 0xffffffffu}) {
        std::array<std::uint8_t, 10> buffer{};
        std::size_t size = av1::write_leb128(value, buffer.data());
        EXPECT_EQ(size, av1::leb128_size(value));
        ByteReader in{Bytes{buffer}.first(size)};
        EXPECT_EQ(av1::read_leb128(in), value);
        ByteReader cut{Bytes{buffer}.first(size - 1)};
        EXPECT_EQ(av1::read_leb128(cut), std::nullopt);
    }
}

TEST(Leb128, RefusesWhatIsTooLong) {
    ByteVector nine_bytes = hex("808080808080808000");
    ByteReader in{nine_bytes};
    EXPECT_FALSE(av1::read_leb128(in));
    ByteVector too_large = hex("ffffffff7f");
    ByteReader large{too_large};
    EXPECT_FALSE(av1::read_leb128(large));
}

TEST(Av1SequenceHeader, TellsTheSize) {
    auto frames = load_frames("av1");
    Bytes rest = frames[0];
    std::optional<av1::Size> size;
    while (!rest.empty()) {
        auto obu = av1::parse_obu(rest);
        ASSERT_TRUE(obu);
        if (obu->type == av1::kSequenceHeader) size = av1::sequence_size(obu->payload);
        rest = rest.subspan(obu->size);
    }
    ASSERT_TRUE(size);
    EXPECT_EQ(size->width, 64u);
    EXPECT_EQ(size->height, 48u);
}

struct ElementsCase {
    std::string name;
    std::string payload;
    bool ok;
    std::vector<std::string> elements;
};
class ElementReaderTest : public testing::TestWithParam<ElementsCase> {};

TEST_P(ElementReaderTest, FindsTheElements) {
    ByteVector payload = hex(GetParam().payload);
    av1::ElementReader in{payload};
    std::vector<ByteVector> found;
    std::vector<ByteVector> expected;
    while (auto element = in.next())
        found.emplace_back(element->bytes.begin(), element->bytes.end());
    EXPECT_EQ(in.ok(), GetParam().ok);
    if (!in.ok()) return;
    for (auto& e : GetParam().elements) expected.push_back(hex(e));
    EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, ElementReaderTest,
    testing::Values(ElementsCase{"Empty", "", false, {}}, ElementsCase{"HeadOnly", "10", false, {}},
                    ElementsCase{"OneWithoutLength", "10 300102", true, {"300102"}},
                    ElementsCase{
                        "TwoAndTheLastWithoutLength", "20 02 3001 3002", true, {"3001", "3002"}},
                    ElementsCase{"AllWithLength", "00 02 3001 01 30", true, {"3001", "30"}},
                    ElementsCase{"FewerThanCounted", "30 02 3001 02 3002", false, {}},
                    ElementsCase{"LengthTooLarge", "00 05 3001", false, {}},
                    ElementsCase{"NewSequenceThatContinues", "98 300102", false, {}}),
    [](auto& row) { return row.param.name; });

TEST(ElementReader, SaysWhichElementsAreCut) {
    ByteVector payload = hex("e0 01 30 31");
    av1::ElementReader in{payload};
    auto first = in.next();
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->continued);
    EXPECT_FALSE(first->continues);
    auto second = in.next();
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->continued);
    EXPECT_TRUE(second->continues);
    EXPECT_FALSE(in.next());
}

}  // namespace
}  // namespace rivero::codec
