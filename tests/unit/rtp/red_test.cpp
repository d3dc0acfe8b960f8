// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/red.hpp"

#include "../hex.hpp"
#include "rivero/rtp/stream_receiver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace rivero::rtp {
namespace {

struct Case {
    const char* name;
    const char* bytes;
    const char* blocks;  ///< `type@offset:bytes` each, the primary one last without offset
};

std::string shown(const RedPayload& red) {
    const auto bytes = [](Bytes data) {
        std::string text;
        for (const std::uint8_t byte : data) {
            constexpr const char* kDigits = "0123456789abcdef";
            text += kDigits[byte >> 4];
            text += kDigits[byte & 15];
        }
        return text;
    };
    std::string text;
    for (const auto& block : red.redundant())
        text += std::to_string(block.payload_type.value) + '@' +
                std::to_string(block.timestamp_offset) + ':' + bytes(block.payload) + ' ';
    return text + std::to_string(red.primary_type.value) + ':' + bytes(red.primary);
}

class ReadRed : public testing::TestWithParam<Case> {};

TEST_P(ReadRed, IsReadAsItWasWritten) {
    const auto payload = hex(GetParam().bytes);
    const auto red = parse_red(payload);
    ASSERT_TRUE(red);
    EXPECT_EQ(shown(*red), GetParam().blocks);
}

// The first three as Chromium writes Opus (payload type 111, packets of 20 ms: 960 ticks, 0x3c0 <<
// 2 is 0xf00), cut short; the fourth is the example of RFC 2198 section 5 with short blocks: DVI
// (5) with 8 bit PCM of one packet before.
INSTANTIATE_TEST_SUITE_P(
    Rfc2198, ReadRed,
    testing::Values(Case{"TheFirstOfAStream", "6f 78 0b e4 c1", "111:780be4c1"},
                    Case{"OneBefore", "ef 0f00 03  6f  780be4 78 07", "111@960:780be4 111:7807"},
                    Case{"TwoBefore", "ef 1e00 02 ef 0f00 01  6f  aabb cc ddee",
                         "111@1920:aabb 111@960:cc 111:ddee"},
                    Case{"OtherCodecs", "80 0280 04 05 01020304 0506", "0@160:01020304 5:0506"},
                    Case{"LongestBlockAndOffset", "ef fffc00 6f 01", "111@16383: 111:01"},
                    Case{"EmptyBlockOfADtxPause", "ef 0f00 00 6f 78", "111@960: 111:78"},
                    Case{"NothingInIt", "6f", "111:"}),
    [](auto& row) { return row.param.name; });

class RefuseRed : public testing::TestWithParam<const char*> {};

TEST_P(RefuseRed, DoesNotReadBeyondTheEnd) {
    EXPECT_FALSE(parse_red(hex(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(Bytes, RefuseRed,
                         testing::Values("", "ef", "ef 0f 00", "ef 0f00 03", "ef 0f00 03 6f",
                                         "ef 0f00 03 6f 7807", "ef 0fff ff 6f 7807",
                                         // Sixteen blocks: nobody sends so many.
                                         "efffff00 ef000000 ef000000 ef000000 ef000000 ef000000 "
                                         "ef000000 ef000000 ef000000 ef000000 ef000000 ef000000 "
                                         "ef000000 ef000000 ef000000 ef000000 6f 01"));

TEST(RenumberRed, ChangesTheTypesAndNothingElse) {
    auto payload = hex("ef 1e00 02 ef 0f00 01 6f aabb cc efef");
    renumber_red(payload, PayloadType{96});
    EXPECT_EQ(payload, hex("e0 1e00 02 e0 0f00 01 60 aabb cc efef"));
    auto cut = hex("ef 0f00");
    renumber_red(cut, PayloadType{96});
    EXPECT_EQ(cut, hex("e0 0f00"));
}

constexpr Time t0{1000s};

/// Opus in red of one peer.
class RedStream : public testing::Test {
protected:
    using Arrival = StreamReceiver::Arrival;

    Arrival receive(std::uint16_t seq, std::uint32_t timestamp, const ByteVector& payload,
                    Duration at = 0ms) {
        return with_header(seq, timestamp, payload, [&](const HeaderView& header) {
            return receiver_.on_red(t0 + at, header, {}, PayloadType{111}, *packet_);
        });
    }
    Arrival receive_plain(std::uint16_t seq, std::uint32_t timestamp, const ByteVector& payload,
                          Duration at = 0ms) {
        return with_header(seq, timestamp, payload, [&](const HeaderView& header) {
            return receiver_.on_packet(t0 + at, header, {}, *packet_);
        });
    }
    template <class F>
    Arrival with_header(std::uint16_t seq, std::uint32_t timestamp, const ByteVector& payload,
                        F then) {
        packet_ = pool_.make();
        const MutableBytes storage = packet_->storage();
        const auto head = write_header(
            storage, {SeqNum{seq}, RtpTimestamp{timestamp}, Ssrc{1}, PayloadType{63}, false});
        std::copy(payload.begin(), payload.end(), storage.subspan(head).begin());
        const auto header = parse_header(storage.first(head + payload.size()));
        EXPECT_TRUE(header);
        return then(*header);
    }
    /// What redundant block `i` of the last packet makes good.
    PacketPtr made_good(std::size_t i) {
        const auto red = parse_red(packet_->with_redundancy());
        auto missing = pool_.make();
        const auto arrival = receiver_.on_redundant(*packet_, red->blocks[i], *missing);
        return arrival == Arrival::media ? missing : PacketPtr{};
    }

    PacketPool pool_;
    ClockSync clock_;
    StreamReceiver receiver_{Ssrc{1}, 48000, clock_, {.nack = true, .rtt = 100ms, .nacks = {}}};
    PacketPtr packet_;
};

TEST_F(RedStream, PayloadIsThePrimaryBlockAndTheEnvelopeStaysAround) {
    ASSERT_EQ(receive(7, 960, hex("ef 0f00 03 6f 780be4 7807")), Arrival::media);
    EXPECT_EQ(to_vector(packet_->payload()), hex("7807"));
    EXPECT_EQ(to_vector(packet_->with_redundancy()), hex("ef 0f00 03 6f 780be4 7807"));
    EXPECT_EQ(packet_->payload_type, PayloadType{111});
    EXPECT_EQ(receiver_.statistics().counters().payload_bytes, 10u);
    ASSERT_EQ(receive(8, 1920, hex("6f 7809")), Arrival::media);
    EXPECT_FALSE(packet_->has_redundancy());
    EXPECT_EQ(to_vector(packet_->payload()), hex("7809"));
}

TEST_F(RedStream, MissingPacketsAreMadeGoodOnceInTheirPlaces) {
    receive(7, 0, hex("6f 01"));
    // 8 and 9 are lost.
    receive(10, 2880, hex("ef 1e00 01 ef 0f00 01 6f 02 03 04"), 60ms);
    const auto eight = made_good(0);
    ASSERT_TRUE(eight);
    EXPECT_EQ(eight->seq.value, packet_->seq.value - 2);
    EXPECT_EQ(eight->timestamp, RtpTimestamp{960});
    EXPECT_EQ(to_vector(eight->payload()), hex("02"));
    EXPECT_EQ(packet_->capture - eight->capture, 40ms);
    const auto nine = made_good(1);
    ASSERT_TRUE(nine);
    EXPECT_EQ(nine->timestamp, RtpTimestamp{1920});
    EXPECT_FALSE(made_good(0)) << "it is there now";
    EXPECT_TRUE(receiver_.nacks().poll(t0 + 1s).empty()) << "nobody need send it again";
    EXPECT_EQ(receive_plain(9, 1920, hex("03")), Arrival::duplicate) << "it was only late";
    EXPECT_EQ(receiver_.redundant(), 2u);
    EXPECT_EQ(receiver_.redundant_unused(), 0u);
}

TEST_F(RedStream, NothingBeforeTheFirstPacketIsMadeGood) {
    receive(7, 960, hex("ef 0f00 01 6f 01 02"));
    EXPECT_FALSE(made_good(0));
    EXPECT_EQ(receiver_.redundant_unused(), 1u);
}

TEST_F(RedStream, ABlockIsTakenForNoOtherPacketThanItWas) {
    // As Chromium enters a pause of DTX: the packet repeats the last but one.
    receive(107, 7 * 960, hex("6f 01"));
    receive(108, 8 * 960, hex("ef 0f00 01 6f 01 02"));
    // 109 is lost.
    receive(110, 10 * 960, hex("ef 1e00 01 6f 02 78"));
    EXPECT_FALSE(made_good(0)) << "that is 108, which came";
    // The pause; 111 and 112 are lost, the one of them that is repeated may have been either.
    receive(113, 40 * 960 + 5, hex("ef 0f00 01 6f 04 05"));
    EXPECT_FALSE(made_good(0));
    // One is lost behind another pause: there is no doubt.
    receive(115, 80 * 960, hex("ef 0f00 01 6f 06 07"));
    const auto missing = made_good(0);
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->seq.value, packet_->seq.value - 1);
    EXPECT_EQ(missing->timestamp, RtpTimestamp{79 * 960});
}

TEST_F(RedStream, BlocksOfOtherCodecsGoNoFurther) {
    ASSERT_EQ(receive(7, 960, hex("80 0f00 01 6f 01 02")), Arrival::media);
    EXPECT_FALSE(packet_->has_redundancy());
    EXPECT_EQ(to_vector(packet_->payload()), hex("02"));
    EXPECT_EQ(receive(8, 1920, hex("00 01")), Arrival::discarded) << "a primary block of PCMU";
    EXPECT_EQ(receive(9, 2880, hex("6f")), Arrival::padding) << "a number with nothing in it";
    EXPECT_EQ(receive(10, 2880, {}), Arrival::padding) << "Chromium probes with such packets";
}

TEST_F(RedStream, APauseOfDtxIsNeitherLossNorJitter) {
    // As Chromium sends silence: a packet of noise each 400 ms, numbers without a gap, timestamps
    // that go on with the time.
    std::uint16_t seq = 100;
    Duration at = 0ms;
    for (int i = 0; i < 50; ++i, at += 20ms)
        receive_plain(seq++, static_cast<std::uint32_t>(at / 1ms * 48), hex("78 0be4c1"), at);
    for (int i = 0; i < 25; ++i, at += 400ms)
        receive_plain(seq++, static_cast<std::uint32_t>(at / 1ms * 48), hex("78"), at);
    receive_plain(seq++, static_cast<std::uint32_t>(at / 1ms * 48), hex("78 0be4c1"), at);
    const auto counters = receiver_.statistics().counters();
    EXPECT_EQ(counters.packets, 76u);
    EXPECT_EQ(counters.lost, 0);
    EXPECT_EQ(counters.discarded, 0u);
    EXPECT_LT(counters.jitter_seconds, 0.0001);
    EXPECT_TRUE(receiver_.nacks().poll(t0 + at + 1s).empty());
    EXPECT_FALSE(receiver_.nacks().next_deadline());
    EXPECT_EQ(receiver_.statistics().make_report(t0 + at)->fraction_lost, 0);
}

}  // namespace
}  // namespace rivero::rtp
