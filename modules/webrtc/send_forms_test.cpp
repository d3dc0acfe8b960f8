// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// One source, receivers that get it in different forms: with redundancy or without, from now on or
// from the last key frame on.
#include "recorded_wire.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/media/source.hpp"
#include "rivero/rtp/header.hpp"
#include "send_track.hpp"
#include "turned_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rivero::webrtc {
namespace {

struct Receiver {
    Receiver(Loop& loop, MediaType type, const sdp::NegotiatedSection& section)
        : control{loop, outlet}, track{type, Ssrc{1}, Ssrc{2}} {
        track.configure(section, &control);
    }
    ~Receiver() { track.leave(); }
    struct Seen {
        std::uint8_t payload_type;
        std::uint16_t seq;
        std::uint32_t timestamp;
        ByteVector payload;
    };
    [[nodiscard]] Seen seen(std::size_t i) const {
        const auto header = rtp::parse_header(wire.at(i));
        return {header->payload_type.value,
                header->seq.value,
                header->timestamp.value,
                {header->payload.begin(), header->payload.end()}};
    }
    RecordedWire outlet;
    std::vector<ByteVector>& wire = outlet.packets;
    SendControl control;
    SendTrack track;
};

struct SendForms : testing::Test {
    ~SendForms() override {
        for (auto& receiver : receivers) receiver->track.source()->detach(receiver->track);
    }
    static sdp::NegotiatedSection section(MediaType type, Codec codec, int payload_type,
                                          int clock_rate) {
        sdp::NegotiatedSection s;
        s.kind = type;
        s.accepted = s.send = true;
        sdp::NegotiatedCodec c;
        c.codec = codec;
        c.payload_type = PayloadType{static_cast<std::uint8_t>(payload_type)};
        c.clock_rate = clock_rate;
        c.feedback.nack = true;
        s.codecs.push_back(c);
        return s;
    }
    static media::Format format(MediaType type, Codec codec) {
        media::Format format;
        format.type = type;
        format.packing = media::Packing::rtp;
        format.codec = codec;
        return format;
    }
    Receiver& join(media::Source& source, const sdp::NegotiatedSection& section) {
        auto& receiver =
            *receivers.emplace_back(std::make_unique<Receiver>(loop, source.type(), section));
        source.attach(receiver.track);
        receiver.track.set_connected(true);
        return receiver;
    }
    rtp::PacketPtr packet(std::int64_t seq, std::uint32_t timestamp, const ByteVector& bytes,
                          std::size_t envelope, bool key = true) {
        auto p = graph.packets.make();
        p->seq = ExtSeqNum{seq};
        p->timestamp = RtpTimestamp{timestamp};
        p->arrival = p->capture = Clock::now();
        p->marker = true;
        p->starts_keyframe = key;
        std::copy(bytes.begin(), bytes.end(), p->storage().begin());
        p->set_payload(envelope, bytes.size() - envelope);
        p->set_redundancy(envelope);
        return p;
    }
    TurnedLoop loop;
    media::Graph graph{loop};
    int asked = 0;
    media::Source audio{graph, MediaType::audio, {}};
    media::Source video{graph, MediaType::video, {[this] { ++asked; }, {}, {}}};
    std::vector<std::unique_ptr<Receiver>> receivers;
};

TEST_F(SendForms, RedundancyGoesToWhomItWasAgreedWithUnderHisPayloadTypes) {
    audio.set_format(format(MediaType::audio, Codec::opus));
    auto with = section(MediaType::audio, Codec::opus, 96, 48000);
    with.codecs[0].red = PayloadType{97};
    auto& red = join(audio, with);
    auto& plain = join(audio, section(MediaType::audio, Codec::opus, 120, 48000));

    audio.push(packet(1, 960, {0x01}, 0));
    audio.push(packet(2, 1920, {0xef, 0x0f, 0x00, 0x01, 0x6f, 0x01, 0x02}, 6));
    audio.push(packet(3, 2880, {0x03}, 0));  // the source has gone back to plain packets
    ASSERT_EQ(red.wire.size(), 3u);
    ASSERT_EQ(plain.wire.size(), 3u);
    EXPECT_EQ(red.seen(0).payload_type, 96);
    EXPECT_EQ(red.seen(1).payload_type, 97);
    EXPECT_EQ(red.seen(1).payload, (ByteVector{0xe0, 0x0f, 0x00, 0x01, 0x60, 0x01, 0x02}));
    EXPECT_EQ(red.seen(2).payload_type, 96);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(plain.seen(i).payload_type, 120);
        EXPECT_EQ(plain.seen(i).payload, ByteVector{static_cast<std::uint8_t>(i + 1)});
        for (const Receiver* r : {&red, &plain}) {
            EXPECT_EQ(static_cast<std::uint16_t>(r->seen(i).seq - r->seen(0).seq), i);
            EXPECT_EQ(r->seen(i).timestamp - r->seen(0).timestamp, 960 * i);
        }
    }
    // Again: the same bytes under the same number.
    red.track.on_nack(Clock::now(), {Ssrc{9}, Ssrc{1}, {SeqNum{red.seen(1).seq}}});
    ASSERT_EQ(red.wire.size(), 4u);
    EXPECT_EQ(red.wire[3], red.wire[1]);
    // A new payload type for redundancy: other bytes, so never under the old number.
    with.codecs[0].red = PayloadType{98};
    red.track.configure(with, &red.control);
    red.track.on_nack(Clock::now(), {Ssrc{9}, Ssrc{1}, {SeqNum{red.seen(1).seq}}});
    EXPECT_EQ(red.wire.size(), 4u);
}

TEST_F(SendForms, WhoComesLateGetsThePastAndThenThePresentInOneStream) {
    const auto vp8 = section(MediaType::video, Codec::vp8, 96, 90000);
    video.set_format(format(MediaType::video, Codec::vp8));
    const ByteVector bytes{0x10, 0x11};  // a VP8 descriptor without ids
    video.push(packet(1, 3000, bytes, 0, true));
    video.push(packet(2, 3000, bytes, 0, false));
    video.push(packet(4, 9000, bytes, 0, false));
    auto& late = join(video, vp8);
    video.push(packet(5, 12000, bytes, 0, false));
    video.push(packet(3, 6000, bytes, 0, false));  // repaired after all
    EXPECT_EQ(asked, 0);
    ASSERT_EQ(late.wire.size(), 5u);
    const auto first = late.seen(0);
    const auto check = [&](std::size_t i, int seq, int ticks) {
        EXPECT_EQ(static_cast<std::uint16_t>(late.seen(i).seq - first.seq), seq) << i;
        EXPECT_EQ(static_cast<std::int32_t>(late.seen(i).timestamp - first.timestamp), ticks) << i;
    };
    check(1, 1, 0);
    check(2, 3, 90);
    check(3, 4, 3090);  // the present keeps its pace
    check(4, 2, 45);
    // What was lost of the past comes again as it was sent.
    late.track.on_nack(Clock::now(), {Ssrc{9}, Ssrc{1}, {SeqNum{late.seen(2).seq}}});
    ASSERT_EQ(late.wire.size(), 6u);
    EXPECT_EQ(late.wire[5], late.wire[2]);
    EXPECT_EQ(graph.packets.in_use(), 5u) << "and no packet was copied";
}

TEST_F(SendForms, ALongPastIsPacedAndATooLongOneNotSent) {
    const auto vp8 = section(MediaType::video, Codec::vp8, 96, 90000);
    video.set_format(format(MediaType::video, Codec::vp8));
    ByteVector bytes(1000, 0x11);
    bytes[0] = 0x10;
    for (int i = 1; i <= 100; ++i)
        video.push(packet(i, static_cast<std::uint32_t>(3000 * i), bytes, 0, i == 1));
    auto& late = join(video, vp8);
    EXPECT_EQ(asked, 0);
    EXPECT_GT(late.wire.size(), 2u);
    EXPECT_LT(late.wire.size(), 20u) << "100 KB do not leave in one burst";
    EXPECT_LT(late.control.queue_delay(), 500ms);
    for (int i = 101; i <= 700; ++i)
        video.push(packet(i, static_cast<std::uint32_t>(3000 * i), bytes, 0, false));
    auto& later = join(video, vp8);
    EXPECT_EQ(asked, 1) << "700 KB are half a second and more: a key frame is sooner there";
    EXPECT_TRUE(later.wire.empty());
}

}  // namespace
}  // namespace rivero::webrtc
