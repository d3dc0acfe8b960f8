// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/opus.hpp"

#include "samples.hpp"

#include <gtest/gtest.h>

namespace rivero::codec {
namespace {

using namespace std::chrono_literals;

struct Case {
    std::string name;
    std::string packet;
    std::optional<std::chrono::microseconds> duration;
    bool stereo = false;
    bool dtx = false;
};
class OpusPacketTest : public testing::TestWithParam<Case> {};

TEST_P(OpusPacketTest, TellsDurationAndSilence) {
    auto info = opus::parse_packet(hex(GetParam().packet));
    ASSERT_EQ(info.has_value(), GetParam().duration.has_value());
    if (!info) return;
    EXPECT_EQ(info->duration(), GetParam().duration);
    EXPECT_EQ(info->stereo, GetParam().stereo);
    EXPECT_EQ(info->dtx, GetParam().dtx);
}

// TOC: configuration * 8 + stereo * 4 + code.
INSTANTIATE_TEST_SUITE_P(
    Rfc6716, OpusPacketTest,
    testing::Values(Case{"Silk10ms", "00 1122", 10ms}, Case{"Silk60ms", "18 1122", 60ms},
                    Case{"Hybrid20ms", "68 1122", 20ms}, Case{"Celt2500us", "80 1122", 2500us},
                    Case{"CeltStereo20ms", "fc 1122", 20ms, true},
                    Case{"TwoEqual", "f9 11223344", 40ms}, Case{"TwoUnequalSize", "f9 112233", {}},
                    Case{"TwoDifferent", "fa 01 11 2233", 40ms},
                    Case{"TwoDifferentTooShort", "fa 05 1122", {}},
                    Case{"ThreeConstant", "fb 03 112233 445566", 60ms},
                    Case{"ThreeConstantUneven", "fb 03 1122", {}},
                    Case{"TwoVariable", "fb 82 02 1122 33", 40ms},
                    Case{"Padded", "fb 41 02 1122 0000", 20ms},
                    Case{"PaddedTooLong", "fb 41 09 1122", {}}, Case{"NoFrames", "fb 00 11", {}},
                    Case{"LongerThan120ms", "1b 03 112233", {}},
                    // What Chrome sends with usedtx=1 while nobody speaks.
                    Case{"DtxTocOnly", "78", 20ms, false, true},
                    Case{"DtxOneByte", "78 ff", 20ms, false, true}, Case{"Empty", "", {}}),
    [](auto& row) { return row.param.name; });

TEST(OpusPacket, FramesHaveAtMost1275Bytes) {
    ByteVector packet(1276, 0);
    EXPECT_TRUE(opus::parse_packet(packet));
    packet.push_back(0);
    EXPECT_FALSE(opus::parse_packet(packet));
}

}  // namespace
}  // namespace rivero::codec
