// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
//
// Random walks through negotiations, packets, feedback and statistics of one sender and two
// receivers. What a peer can make happen in any order must neither break a bound nor put two
// contents under one number.
#include "receive_track.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/rtp/header.hpp"
#include "send_track.hpp"
#include "turned_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace rivero::webrtc {
namespace {

constexpr std::array kKinds{sdp::HeaderExtension::mid, sdp::HeaderExtension::transport_cc,
                            sdp::HeaderExtension::abs_send_time,
                            sdp::HeaderExtension::video_orientation};

struct Dice {
    explicit Dice(unsigned seed) : engine{seed} {}
    std::size_t below(std::size_t n) { return engine() % n; }
    bool one_in(std::size_t n) { return below(n) == 0; }
    std::mt19937 engine;
};

sdp::NegotiatedSection random_section(Dice& dice, bool receive) {
    sdp::NegotiatedSection s;
    s.kind = MediaType::video;
    s.mid = dice.one_in(3) ? "w" : "v";
    s.accepted = !dice.one_in(12);
    s.send = !receive && !dice.one_in(8);
    s.receive = receive && !dice.one_in(8);
    s.extmap_allow_mixed = dice.one_in(2);
    for (const Codec codec : {Codec::vp8, Codec::vp9, Codec::h264}) {
        if (codec != Codec::vp8 && dice.one_in(3)) continue;
        sdp::NegotiatedCodec c;
        c.codec = codec;
        const auto base = 96 + 4 * static_cast<int>(codec == Codec::vp8   ? 0
                                                    : codec == Codec::vp9 ? 1
                                                                          : 2);
        c.payload_type = PayloadType{static_cast<std::uint8_t>(base + (dice.one_in(6) ? 2 : 0))};
        c.clock_rate = 90000;
        c.feedback = {.nack = !dice.one_in(4),
                      .pli = !dice.one_in(4),
                      .fir = dice.one_in(2),
                      .remb = true,
                      .transport_cc = dice.one_in(2)};
        if (dice.one_in(2))
            c.rtx = PayloadType{static_cast<std::uint8_t>(c.payload_type.value + 1)};
        s.codecs.push_back(std::move(c));
    }
    std::uint8_t id = dice.one_in(2) ? 1 : 5;
    for (const auto kind : kKinds)
        if (!dice.one_in(3)) s.extensions.push_back({kind, id++, true, true});
    if (receive && dice.one_in(2)) {
        const std::array<std::string, 4> names{"a", "b", "c", "d"};
        const std::size_t first = dice.below(3);
        const std::size_t count = 1 + dice.below(3);
        for (std::size_t i = 0; i < count; ++i)
            s.remote_rids.push_back({names[(first + i) % names.size()], false, {}});
        s.simulcast = s.remote_rids.size() > 1;
    } else if (receive && dice.one_in(2)) {
        s.remote_sources.push_back({Ssrc{100}, Ssrc{200}, "cname"});
    }
    return s;
}

struct Receiver final : private Outlet {
    Receiver(TurnedLoop& worker, std::uint32_t number)
        : ssrc{0x1000 + number},
          rtx_ssrc{0x2000 + number},
          control{worker, *this},
          track{MediaType::video, ssrc, rtx_ssrc} {}
    ~Receiver() { track.leave(); }

    MutableBytes room() override { return buffer; }
    bool send(MutableBytes room, std::size_t size, Bytes rest) override {
        std::copy(rest.begin(), rest.end(), room.begin() + static_cast<std::ptrdiff_t>(size));
        sent(room.first(size + rest.size()));
        return true;
    }
    void sent(Bytes packet) {
        const auto header = rtp::parse_header(packet);
        ASSERT_TRUE(header);
        ASSERT_TRUE(header->ssrc == ssrc || header->ssrc == rtx_ssrc);
        const std::vector<std::uint8_t> bytes{packet.begin(), packet.end()};
        const auto [known, is_new] =
            wire.emplace(std::pair{header->ssrc.value, header->seq.value}, bytes);
        ASSERT_EQ(known->second, bytes) << "two contents under one number";
        if (header->ssrc == ssrc) last = header->seq;
        if (!is_new) ++repeated;
    }

    Ssrc ssrc, rtx_ssrc;
    std::array<std::uint8_t, 2048> buffer{};
    std::map<std::pair<std::uint32_t, std::uint16_t>, std::vector<std::uint8_t>> wire;
    SeqNum last;
    std::size_t repeated = 0;
    SendControl control;
    SendTrack track;
};

class Walk {
public:
    explicit Walk(unsigned seed) : dice_{seed} {
        for (std::uint32_t i = 0; i < 2; ++i) {
            receivers_.push_back(std::make_unique<Receiver>(worker_, i));
            source_->attach(receivers_.back()->track);
        }
        negotiate_sender();
        for (auto& receiver : receivers_) negotiate(*receiver);
    }
    ~Walk() {
        for (auto& receiver : receivers_) source_->detach(receiver->track);
        receivers_.clear();
        source_->clear_format();
        worker_.run();  // what was in use goes there
    }

    void step() {
        now_ = std::max(Clock::now(), now_ + 1ms);
        Receiver& receiver = *receivers_[dice_.below(receivers_.size())];
        switch (dice_.below(40)) {
            case 0:
                return negotiate_sender();
            case 1:
                return negotiate(receiver);
            case 2:
                return receiver.track.set_connected(!dice_.one_in(5));
            case 3:
            case 4:
                return nack(receiver);
            case 5:
                return look();
            case 6:
                return feedback(receiver);
            case 7:
                return receiver.track.set_receive_limit(
                    dice_.one_in(3) ? std::nullopt
                                    : std::optional{Bitrate::kbps(10 + dice_.below(2000))});
            case 8:
                if (dice_.one_in(10))
                    track_.on_bye(Ssrc{static_cast<std::uint32_t>(100 + dice_.below(6))});
                return;
            case 9:
                return worker_.run_timers();
            case 10:
                return receiver.track.on_keyframe_request(Clock::now(),
                                                          SendTrack::KeyframeRequest::pli);
            default:
                return packet();
        }
    }
    [[nodiscard]] std::size_t sent() const {
        return receivers_[0]->wire.size() + receivers_[1]->wire.size();
    }
    [[nodiscard]] std::size_t repeated() const {
        return receivers_[0]->repeated + receivers_[1]->repeated;
    }

private:
    void negotiate_sender() {
        section_ = random_section(dice_, true);
        track_.configure(section_);
    }
    void negotiate(Receiver& receiver) {
        const auto section = random_section(dice_, false);
        bool feedback = false;
        for (const auto& codec : section.codecs) feedback = feedback || codec.feedback.transport_cc;
        receiver.control.configure(feedback);
        receiver.track.configure(section, &receiver.control);
        receiver.control.set_padding(&receiver.track);
        receiver.track.set_connected(true);
    }
    /// The next packet of a stream, sometimes of another, lost, late, twice, or a retransmission.
    void packet() {
        if (dice_.one_in(60)) stream_ = dice_.below(6);
        const std::size_t stream =
            section_.simulcast ? dice_.below(section_.remote_rids.size()) : stream_;
        auto& seq = seq_[stream];
        ++seq;
        if (dice_.one_in(20)) return;  // lost
        std::uint16_t number = seq;
        if (dice_.one_in(30)) number = static_cast<std::uint16_t>(seq - dice_.below(20));
        if (section_.codecs.empty()) return;
        const auto& codec =
            section_.codecs[dice_.one_in(15) ? dice_.below(section_.codecs.size()) : 0];
        const bool rtx = codec.rtx && dice_.one_in(15);
        auto packet = graph_.packets.make();
        const rtp::HeaderFields fields{SeqNum{rtx ? ++rtx_seq_ : number},
                                       RtpTimestamp{static_cast<std::uint32_t>(number / 3) * 3000},
                                       Ssrc{static_cast<std::uint32_t>((rtx ? 200 : 100) + stream)},
                                       rtx ? *codec.rtx : codec.payload_type, number % 3 == 2};
        std::size_t size = rtp::write_header(packet->storage(), fields, {}, {});
        const auto put = [&](std::size_t byte) {
            packet->storage()[size++] = static_cast<std::uint8_t>(byte);
        };
        if (rtx) {
            put(static_cast<std::size_t>(number - 1) >> 8 & 0xff);
            put(static_cast<std::size_t>(number - 1) & 0xff);
        }
        payload(codec.codec, number, put);
        const auto header = rtp::parse_header(Bytes{packet->storage()}.first(size));
        ASSERT_TRUE(header);
        rtp::Demuxer::Route route;
        if (section_.simulcast) route.rid = section_.remote_rids[stream].id;
        route.repair = rtx;
        track_.on_packet(now_, *header, {}, route, std::move(packet));
    }
    template <class Put>
    void payload(Codec codec, std::uint16_t number, Put put) {
        const std::size_t picture = number / 3;
        const bool first = number % 3 == 0, key = picture % 20 == 0 || dice_.one_in(50);
        const std::size_t layer = picture % 2;
        if (codec == Codec::vp8) {  // RFC 7741 section 4.2, with picture id, TL0PICIDX and TID
            put(first ? 0x90 : 0x80);
            put(0xe0);
            put(0x80 | picture >> 8);
            put(picture);
            put(picture / 2);
            put(layer << 6 | 0x20);
            put(key ? 0 : 1);
        } else if (codec == Codec::vp9) {  // RFC 9628 section 4.2, non-flexible
            put(0xa0 | (key ? 0 : 0x40) | (first ? 8 : 0) | (number % 3 == 2 ? 4 : 0));
            put(0x80 | picture >> 8);
            put(picture);
            put(layer << 5 | (number % 3 == 2 ? 2 : 0));
            put(picture / 2);
        } else {
            put(key ? 0x65 : 0x41);
        }
        for (std::size_t left = dice_.below(dice_.one_in(10) ? 1100 : 60); left > 0; --left)
            put(dice_.below(256));
    }
    void nack(Receiver& receiver) {
        std::vector<SeqNum> lost;
        for (std::size_t n = 1 + dice_.below(30); n > 0; --n)
            lost.push_back(SeqNum{static_cast<std::uint16_t>(
                receiver.last.value - dice_.below(dice_.one_in(5) ? 65536 : 100))});
        receiver.track.set_rtt(1ms);
        receiver.track.on_nack(now_, {Ssrc{1}, receiver.ssrc, std::move(lost)});
    }
    void feedback(Receiver& receiver) {
        rtcp::TransportFeedback message;
        message.base = SeqNum{static_cast<std::uint16_t>(feedback_)};
        message.count = static_cast<std::uint16_t>(1 + dice_.below(200));
        message.reference_time = static_cast<std::int32_t>(++feedbacks_);
        for (std::uint16_t i = 0; i < message.count; ++i)
            if (!dice_.one_in(4))
                message.received.push_back({SeqNum{static_cast<std::uint16_t>(feedback_ + i)},
                                            std::chrono::microseconds{250 * i}});
        feedback_ += message.count;
        receiver.control.on_feedback(now_, message);
    }
    void look() {
        const auto stats = track_.stats();
        EXPECT_LE(stats.size(), 8u);
        std::vector<rtcp::ReportBlock> blocks;
        track_.report(now_, blocks);
        EXPECT_LE(blocks.size(), 8u);
        std::vector<rtcp::Message> messages;
        track_.poll(now_, Ssrc{1}, messages);
        static_cast<void>(track_.next_deadline());
        static_cast<void>(track_.forward_limit());
        static_cast<void>(source_->tree());
        for (auto& receiver : receivers_) {
            receiver->track.on_report_block(now_, {receiver->ssrc, 10, 1, 0, 0, 0, 0});
            static_cast<void>(receiver->track.make_report(now_, {}));
        }
        worker_.run();
    }

    Dice dice_;
    TurnedLoop worker_;
    media::Graph graph_{worker_};
    rtp::ClockSync clock_;
    std::shared_ptr<media::Source> source_ = std::make_shared<media::Source>(
        graph_, MediaType::video,
        media::Source::Upstream{[this] { track_.request_keyframe(now_); }, {}, {}});
    ReceiveTrack track_{MediaType::video, source_, clock_, graph_.packets};
    std::vector<std::unique_ptr<Receiver>> receivers_;
    sdp::NegotiatedSection section_;
    std::size_t stream_ = 0;
    std::map<std::size_t, std::uint16_t> seq_;
    std::uint16_t rtx_seq_ = 0;
    std::size_t feedback_ = 1, feedbacks_ = 0;
    Time now_ = Clock::now();
};

TEST(Tracks, WhateverTheOrderNoNumberIsUsedTwiceAndNothingGrows) {
    std::size_t sent = 0, repeated = 0;
    const char* const more = std::getenv("RIVERO_WALKS");
    const unsigned walks = more ? static_cast<unsigned>(std::atoi(more)) : 60;
    for (unsigned seed = 1; seed <= walks && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Walk walk{seed};
        for (int i = 0; i < 1500 && !testing::Test::HasFailure(); ++i) walk.step();
        sent += walk.sent();
        repeated += walk.repeated();
    }
    EXPECT_GT(sent, 10'000u) << "the walks go where media flows";
    EXPECT_GT(repeated, 100u) << "and where it is repeated under its own number";
}

}  // namespace
}  // namespace rivero::webrtc
