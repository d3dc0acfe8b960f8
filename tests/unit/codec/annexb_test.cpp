// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/annexb.hpp"

#include "samples.hpp"

#include <gtest/gtest.h>

namespace rivero::codec {
namespace {

struct Case {
    std::string name;
    std::string stream;
    std::vector<std::string> nals;
};
class AnnexBTest : public testing::TestWithParam<Case> {};

TEST_P(AnnexBTest, FindsTheNalUnits) {
    ByteVector stream = hex(GetParam().stream);
    std::vector<ByteVector> expected;
    for (auto& nal : GetParam().nals) expected.push_back(hex(nal));
    std::vector<ByteVector> found;
    AnnexBReader in{stream};
    while (auto nal = in.next()) found.emplace_back(nal->begin(), nal->end());
    EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, AnnexBTest,
    testing::Values(Case{"Empty", "", {}}, Case{"NoStartCode", "6742 0001", {}},
                    Case{"ThreeBytes", "000001 6742 000001 68ce", {"6742", "68ce"}},
                    Case{"FourBytes", "00000001 6742 00000001 68ce", {"6742", "68ce"}},
                    Case{"Mixed", "000001 6742 00000001 68ce 000001 65", {"6742", "68ce", "65"}},
                    Case{"ZerosAround", "0000000001 6742 000000 000001 68 000000", {"6742", "68"}},
                    Case{"GarbageBefore", "ffee 000001 67", {"67"}},
                    Case{"EmptyUnits", "000001 000001 00000001 67 000001", {"67"}},
                    Case{"EscapedZerosInside", "000001 67 000003 01 0002", {"67 000003 01 0002"}},
                    Case{"OnesInside", "000001 0101 000101", {"0101 000101"}}),
    [](auto& row) { return row.param.name; });

}  // namespace
}  // namespace rivero::codec
