// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/stream_receiver.hpp"

#include "../hex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace rivero::rtp {
namespace {

using Arrival = StreamReceiver::Arrival;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time t0{1000s};
constexpr Ssrc kSsrc{0x11223344};

class StreamReceiverTest : public testing::Test {
protected:
    StreamReceiverTest() {
        map_.add(ExtensionKind::audio_level, 1);
        map_.add(ExtensionKind::video_orientation, 13);
    }
    /// Lays the bytes into a packet, as the transport does.
    Arrival receive(std::uint16_t seq, const ByteVector& payload, Duration at = 0ms) {
        return with_packet(seq, payload, [&](const HeaderView& header, const Extensions& found) {
            return receiver_.on_packet(t0 + at, header, found, *packet_);
        });
    }
    Arrival receive_rtx(std::uint16_t original, const ByteVector& payload, Duration at = 0ms) {
        ByteVector rtx{static_cast<std::uint8_t>(original >> 8),
                       static_cast<std::uint8_t>(original)};
        rtx.insert(rtx.end(), payload.begin(), payload.end());
        return with_packet(999, rtx, [&](const HeaderView& header, const Extensions& found) {
            return receiver_.on_rtx(t0 + at, header, found, PayloadType{96}, *packet_);
        });
    }
    template <class F>
    Arrival with_packet(std::uint16_t seq, const ByteVector& payload, F then) {
        packet_ = pool_.make();
        const ByteVector level{0x94};
        const ByteVector orientation{0x01};
        const ExtensionElement elements[] = {{1, level}, {13, orientation}};
        const MutableBytes storage = packet_->storage();
        const auto header = write_header(
            storage, {SeqNum{seq}, RtpTimestamp{7}, Ssrc{1}, PayloadType{97}, true}, elements);
        std::copy(payload.begin(), payload.end(), storage.subspan(header).begin());
        const auto view = parse_header(storage.first(header + payload.size()));
        EXPECT_TRUE(view);
        return then(*view, read_extensions(*view, map_));
    }

    PacketPool pool_;
    ExtensionMap map_;
    ClockSync clock_;
    StreamReceiver receiver_{
        kSsrc, 90'000, clock_, {.nack = true, .rtt = 40ms, .nacks = {.reordering = 0ms}}};
    PacketPtr packet_;
};

TEST_F(StreamReceiverTest, FillsThePacketIn) {
    EXPECT_EQ(receive(5, hex("c0ffee"), 3ms), Arrival::media);
    EXPECT_EQ(packet_->seq, ExtSeqNum{5});
    EXPECT_EQ(packet_->ssrc, kSsrc);
    EXPECT_EQ(packet_->payload_type, PayloadType{97});
    EXPECT_EQ(packet_->timestamp, RtpTimestamp{7});
    EXPECT_TRUE(packet_->marker);
    EXPECT_EQ(packet_->audio_level, 20);
    EXPECT_TRUE(packet_->voice);
    EXPECT_EQ(packet_->arrival, t0 + 3ms);
    EXPECT_EQ(packet_->capture, t0 + 3ms);
    EXPECT_EQ(to_vector(packet_->payload()), hex("c0ffee"));
    ASSERT_EQ(packet_->passed().size(), 1u);
    EXPECT_EQ(packet_->passed()[0].kind, ExtensionKind::video_orientation);
    EXPECT_EQ(to_vector(packet_->bytes_of(packet_->passed()[0])), hex("01"));
}

TEST_F(StreamReceiverTest, ARetransmissionIsAsIfThePacketHadCome) {
    (void)receive(5, hex("aa"));
    (void)receive(7, hex("cc"));
    EXPECT_THAT(receiver_.nacks().poll(t0), ElementsAre(SeqNum{6}));
    EXPECT_EQ(receive_rtx(6, hex("bb"), 30ms), Arrival::media);
    EXPECT_EQ(packet_->seq, ExtSeqNum{6});
    EXPECT_EQ(packet_->payload_type, PayloadType{96});
    EXPECT_EQ(packet_->ssrc, kSsrc);
    EXPECT_EQ(to_vector(packet_->payload()), hex("bb"));
    EXPECT_THAT(receiver_.nacks().poll(t0 + 1s), IsEmpty());
    EXPECT_EQ(receiver_.recovered(), 1u);
    EXPECT_EQ(receive(6, hex("bb"), 31ms), Arrival::duplicate);
}

TEST_F(StreamReceiverTest, APacketIsGivenOutOnce) {
    EXPECT_EQ(receive(5, hex("aa")), Arrival::media);
    EXPECT_EQ(receive(5, hex("aa")), Arrival::duplicate);
    EXPECT_EQ(receive_rtx(5, hex("aa")), Arrival::duplicate);
    EXPECT_EQ(receiver_.recovered(), 0u);
}

TEST_F(StreamReceiverTest, PaddingHasANumberThough) {
    (void)receive(5, hex("aa"));
    EXPECT_EQ(receive(6, {}), Arrival::padding);
    EXPECT_EQ(packet_->seq, ExtSeqNum{6});
    (void)receive(7, hex("aa"));
    EXPECT_EQ(receiver_.nacks().missing(), 0u);
}

TEST_F(StreamReceiverTest, RetransmissionsOfNothingWeKnowAreDiscarded) {
    EXPECT_EQ(receive_rtx(5, hex("aa")), Arrival::discarded) << "nothing came before";
    (void)receive(5, hex("aa"));
    EXPECT_EQ(receive_rtx(5000, hex("aa")), Arrival::discarded);
    EXPECT_EQ(receive_rtx(6, {}), Arrival::discarded) << "a probe";
}

TEST_F(StreamReceiverTest, TellsNewFromOldInAnyOrderAcrossTheWindow) {
    for (std::uint16_t seq = 0; seq < 6000; seq = static_cast<std::uint16_t>(seq + 2)) {
        EXPECT_EQ(receive(seq, hex("aa")), Arrival::media) << seq;
        if (seq < 40) continue;
        const auto late = static_cast<std::uint16_t>(seq - 39);
        EXPECT_EQ(receive(late, hex("aa")), Arrival::media) << late;
        EXPECT_EQ(receive(late, hex("aa")), Arrival::duplicate) << late;
    }
}

TEST_F(StreamReceiverTest, PassesSenderReportsOn) {
    (void)receive(5, hex("aa"));
    receiver_.on_sender_report(
        t0, {kSsrc, rtcp::NtpTime{0x1122334455667788}, RtpTimestamp{7}, 0, 0, {}});
    EXPECT_TRUE(clock_.synchronized(kSsrc));
    EXPECT_EQ(receiver_.statistics().make_report(t0)->last_sr, 0x33445566u);
}

}  // namespace
}  // namespace rivero::rtp
