// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/rtx.hpp"

#include "../hex.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

constexpr HeaderFields kOriginal{SeqNum{0x1234}, RtpTimestamp{0x0a0b0c0d}, Ssrc{1}, PayloadType{96},
                                 true};

TEST(RtxSender, WritesTheOriginalNumberBeforeThePayload) {
    RtxSender rtx{Ssrc{0x99}, SeqNum{0xffff}};
    std::array<std::uint8_t, 64> buffer{};
    auto size = rtx.write(buffer, kOriginal, PayloadType{97}, {}, {}, hex("c0ffee"));
    EXPECT_EQ(to_vector(Bytes{buffer}.first(size)),
              hex("80 e1 ffff 0a0b0c0d 00000099 1234 c0ffee"));
    size = rtx.write(buffer, kOriginal, PayloadType{97}, {}, {}, hex("c0ffee"));
    const auto view = parse_header(Bytes{buffer}.first(size));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->seq, SeqNum{0});
    const auto payload = parse_rtx(view->payload);
    ASSERT_TRUE(payload);
    EXPECT_EQ(payload->original_seq, SeqNum{0x1234});
    EXPECT_EQ(to_vector(payload->payload), hex("c0ffee"));
}

TEST(RtxSender, UsesNoNumberForAPacketThatDoesNotFit) {
    RtxSender rtx{Ssrc{0x99}, SeqNum{7}};
    std::array<std::uint8_t, 16> small{};
    EXPECT_EQ(rtx.write(small, kOriginal, PayloadType{97}, {}, {}, hex("c0ffee")), 0u);
    std::array<std::uint8_t, 17> enough{};
    EXPECT_EQ(rtx.write(enough, kOriginal, PayloadType{97}, {}, {}, hex("c0ffee")), 17u);
    EXPECT_EQ(parse_header(enough)->seq, SeqNum{7});
}

TEST(ParseRtx, RefusesProbesWithoutPayload) {
    for (const char* bytes : {"", "12", "1234"}) EXPECT_FALSE(parse_rtx(hex(bytes))) << bytes;
}

}  // namespace
}  // namespace rivero::rtp
