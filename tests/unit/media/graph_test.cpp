// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "manual_loop.hpp"
#include "rivero/gst/init.hpp"
#include "rivero/media/relay.hpp"
#include "rivero/media/source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace rivero::media {
namespace {

class Recorded final : public Sink {
public:
    Recorded(MediaType type, std::vector<Acceptable> wishes)
        : Sink{type}, wishes_{std::move(wishes)} {}
    std::vector<Acceptable> accepts() const override { return wishes_; }
    void on_format(const Format& format) override { log.push_back(to_string(format)); }
    void on_detached() override { log.push_back("detached"); }
    void on_packet(const rtp::PacketPtr& packet) override {
        log.push_back(std::to_string(packet->seq.value));
        timestamps.push_back(packet->timestamp.value);
    }
    void on_past_packet(const rtp::PacketPtr& packet, RtpTimestamp timestamp, Time) override {
        log.push_back(std::to_string(packet->seq.value));
        timestamps.push_back(timestamp.value);
    }
    void set_wishes(std::vector<Acceptable> wishes) {
        wishes_ = std::move(wishes);
        renegotiate();
    }
    std::vector<std::string> take() { return std::exchange(log, {}); }
    std::vector<std::string> log;
    std::vector<std::uint32_t> timestamps;

private:
    std::vector<Acceptable> wishes_;
};

using Log = std::vector<std::string>;

class GraphTest : public testing::Test {
protected:
    GraphTest() : graph{loop} { gst::initialise(); }
    ~GraphTest() override { loop.run(); }
    static Format rtp(Codec codec) {
        return {media_type(codec), Packing::rtp, codec, {}, 1, false, {}};
    }
    rtp::PacketPtr packet(std::int64_t seq, std::uint32_t timestamp, bool key = false) {
        auto p = graph.packets.make();
        p->seq = ExtSeqNum{seq};
        p->timestamp = RtpTimestamp{timestamp};
        p->starts_keyframe = key;
        p->storage()[0] = static_cast<std::uint8_t>(seq);
        p->set_payload(0, 1);
        return p;
    }
    ManualLoop loop;
    Graph graph;
};

TEST_F(GraphTest, ASinkThatWasAttachedBeforeThereIsAFormatIsServedFromThenOn) {
    Source source{graph, MediaType::video, {}};
    Recorded sink{MediaType::video, {Acceptable::rtp(Codec::vp8)}};
    source.attach(sink);
    EXPECT_EQ(sink.take(), Log{});
    source.set_format(rtp(Codec::vp8));
    source.push(packet(1, 10));
    EXPECT_EQ(sink.take(), (Log{"rtp/VP8", "1"}));
    EXPECT_EQ(sink.find_packet(ExtSeqNum{1})->payload()[0], 1);
    source.detach(sink);
    source.push(packet(2, 10));
    EXPECT_EQ(sink.take(), Log{"detached"});
}

TEST_F(GraphTest, OneInputHasOneSource) {
    Source a{graph, MediaType::video, {}}, b{graph, MediaType::video, {}};
    a.set_format(rtp(Codec::vp8));
    b.set_format(rtp(Codec::vp8));
    Recorded sink{MediaType::video, {Acceptable::rtp(Codec::vp8)}};
    a.attach(sink);
    b.attach(sink);
    a.push(packet(1, 10));
    b.push(packet(2, 10));
    EXPECT_EQ(sink.take(), (Log{"rtp/VP8", "detached", "rtp/VP8", "2"}));
    EXPECT_EQ(a.sink_count(), 0u);
}

TEST_F(GraphTest, ASinkThatWantsNothingYetWaitsAndIsServedWhenItHasNegotiated) {
    Source source{graph, MediaType::video, {}};
    source.set_format(rtp(Codec::vp8));
    Recorded sink{MediaType::video, {}};
    source.attach(sink);
    EXPECT_EQ(sink.take(), Log{});
    sink.set_wishes({Acceptable::rtp(Codec::vp8)});
    EXPECT_EQ(sink.take(), Log{"rtp/VP8"});
}

TEST_F(GraphTest, SaysOnceThatNothingIsConvertedAndAsksUpstreamForKeyFrames) {
    int asked = 0;
    std::vector<bool> transcoding;
    Source::Upstream upstream;
    upstream.request_keyframe = [&] { ++asked; };
    upstream.on_transcoding = [&](bool now) { transcoding.push_back(now); };
    Source source{graph, MediaType::video, std::move(upstream)};
    source.set_format(rtp(Codec::vp8));
    Recorded a{MediaType::video, {Acceptable::rtp(Codec::vp8)}},
        b{MediaType::video, {Acceptable::rtp(Codec::vp8)}};
    source.attach(a);
    source.attach(b);
    EXPECT_EQ(transcoding, std::vector{false});
    a.request_keyframe();
    EXPECT_EQ(asked, 1);
}

TEST_F(GraphTest, AFreshReceiverOfASourceThatMakesNoKeyFramesGetsTheGroupOfPicturesInAnInstant) {
    Source source{graph, MediaType::video, {}};
    source.set_format(rtp(Codec::vp8));
    source.push(packet(1, 3000, true));
    source.push(packet(2, 3000));
    source.push(packet(3, 6000));
    Recorded late{MediaType::video, {Acceptable::rtp(Codec::vp8)}};
    source.attach(late);
    late.request_keyframe(true);
    EXPECT_EQ(late.take(), (Log{"rtp/VP8", "1", "2", "3"}));
    EXPECT_EQ(late.timestamps, (std::vector<std::uint32_t>{5910, 5910, 6000}));
    late.request_keyframe(false);  // not fresh any more: old pictures would confuse it
    EXPECT_EQ(late.take(), Log{});
}

TEST_F(GraphTest, ARelayHandsOnAndPassesRequestsBack) {
    int asked = 0;
    Source::Upstream upstream;
    upstream.request_keyframe = [&] { ++asked; };
    Source first{graph, MediaType::video, std::move(upstream)};
    Relay relay{MediaType::video};
    auto second =
        make_on_worker<Source>(graph, graph, MediaType::video,
                               Source::Upstream{[&] { relay.request_keyframe(); }, {}, {}});
    relay.set_target(second);
    Recorded sink{MediaType::video, {Acceptable::rtp(Codec::h264), Acceptable::rtp(Codec::vp8)}};
    first.attach(relay);
    second->attach(sink);
    first.set_format(rtp(Codec::vp8));
    first.push(packet(1, 10));
    EXPECT_EQ(sink.take(), (Log{"rtp/VP8", "1"}));
    sink.request_keyframe();
    EXPECT_EQ(asked, 1);
    relay.set_target(nullptr);
    second.reset();
}

TEST_F(GraphTest, ALateReceiverBehindARelayGetsTheGroupOfPicturesOfAFileToo) {
    Source file{graph, MediaType::video, {}};
    Relay relay{MediaType::video};
    auto second = make_on_worker<Source>(
        graph, graph, MediaType::video,
        Source::Upstream{
            [&] { relay.request_keyframe(); }, [&] { return relay.can_have_keyframes(); }, {}});
    relay.set_target(second);
    file.attach(relay);
    file.set_format(rtp(Codec::vp8));
    file.push(packet(1, 3000, true));
    file.push(packet(2, 6000));
    Recorded late{MediaType::video, {Acceptable::rtp(Codec::vp8)}};
    second->attach(late);
    late.request_keyframe(true);
    EXPECT_EQ(late.take(), (Log{"rtp/VP8", "1", "2"}));
    relay.set_target(nullptr);
    second.reset();
}

TEST_F(GraphTest, TheFirstViewerOfAFileThatPlaysAlreadyIsNotLeftInTheDarkUntilItsNextKeyFrame) {
    Source file{graph, MediaType::video, {}};
    Format format = rtp(Codec::vp8);
    format.packing = Packing::frames;
    file.set_format(format);
    auto frame = [](bool key) {
        gst::Frame f;
        // The head of a VP8 key frame, 64x64, or of a frame that is none. RFC 6386 section 9.1.
        ByteVector bytes(40, std::uint8_t{0});
        const ByteVector head =
            key ? ByteVector{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x00, 0x40, 0x00}
                : ByteVector{0x11, 0x02, 0x00};
        std::copy(head.begin(), head.end(), bytes.begin());
        f.buffer = gst::make_buffer(bytes);
        f.keyframe = key;
        return f;
    };
    file.push(frame(true));
    file.push(frame(false));
    Recorded late{MediaType::video, {Acceptable::rtp(Codec::vp8)}};
    file.attach(late);
    late.request_keyframe(true);
    EXPECT_EQ(late.take(), (Log{"rtp/VP8", "0", "1"}));
}

TEST_F(GraphTest, ProblemsOfASinkThatCannotBeServedAreTold) {
    Source source{graph, MediaType::video, {}};
    source.set_format(rtp(Codec::vp8));
    Acceptable picky = Acceptable::rtp(Codec::h264);
    picky.as_it_comes_only = true;
    Recorded sink{MediaType::video, {picky}};
    std::string problem;
    sink.on_problem = [&](const std::string& what) { problem = what; };
    source.attach(sink);
    EXPECT_FALSE(problem.empty());
    EXPECT_FALSE(sink.attached());
}

TEST_F(GraphTest, ASinkMayLeaveWhileItIsServed) {
    Source source{graph, MediaType::video, {}};
    source.set_format(rtp(Codec::vp8));
    struct Leaver final : Sink {
        using Sink::Sink;
        std::vector<Acceptable> accepts() const override { return {Acceptable::any()}; }
        void on_packet(const rtp::PacketPtr&) override { this->source()->detach(*this); }
    } leaver{MediaType::video};
    Recorded stays{MediaType::video, {Acceptable::rtp(Codec::vp8)}};
    source.attach(leaver);
    source.attach(stays);
    source.push(packet(1, 10));
    source.push(packet(2, 10));
    EXPECT_EQ(stays.take(), (Log{"rtp/VP8", "1", "2"}));
    EXPECT_FALSE(leaver.attached());
}

TEST_F(GraphTest, ASourceThatDiesLeavesItsSinksAlone) {
    Recorded sink{MediaType::video, {Acceptable::rtp(Codec::vp8)}};
    {
        Source source{graph, MediaType::video, {}};
        source.set_format(rtp(Codec::vp8));
        source.attach(sink);
    }
    EXPECT_EQ(sink.take(), (Log{"rtp/VP8", "detached"}));
    EXPECT_EQ(sink.source(), nullptr);
}

/// A source of two encodings: 0 of little, 1 of much.
struct SimulcastTest : GraphTest {
    SimulcastTest() {
        source.set_encodings(2);
        source.set_format(rtp(Codec::vp8));
    }
    rtp::PacketPtr layer(std::uint8_t encoding, std::int64_t seq, bool key = false) {
        auto p = packet(seq, static_cast<std::uint32_t>(seq), key);
        p->encoding = encoding;
        p->arrival = now;
        p->set_payload(0, encoding == 0 ? 100 : 1000);
        return p;
    }
    /// Both encodings for a while: 8 and 80 kbit/s. Numbers from 1 and from 1001 on.
    void flow(int packets) {
        for (int i = 0; i < packets; ++i, now += 100ms, ++count) {
            source.push(layer(0, 1 + count, count == 0));
            source.push(layer(1, 1001 + count, count == 0));
        }
    }
    std::vector<std::uint32_t> asked;
    Source source{graph,
                  MediaType::video,
                  {[this] { asked.push_back(source.take_keyframe_wishes()); }, {}, {}}};
    Time now{100s};
    std::int64_t count = 0;
};

struct Viewer final : Sink {
    Viewer() : Sink{MediaType::video} {}
    std::vector<Acceptable> accepts() const override { return {Acceptable::rtp(Codec::vp8)}; }
    void on_packet(const rtp::PacketPtr& packet) override {
        log.push_back(std::to_string(packet->seq.value));
    }
    void on_switch() override { log.push_back("switch"); }
    std::vector<std::string> take() { return std::exchange(log, {}); }
    std::vector<std::string> log;
};

TEST_F(SimulcastTest, EachSinkGetsTheBestThatItsLimitAllows) {
    flow(20);
    Viewer narrow, wide;
    narrow.set_receive_limit(Bitrate::kbps(20));
    source.attach(narrow);
    source.attach(wide);
    flow(2);
    EXPECT_EQ(narrow.take(), (Log{"21", "22"}));
    EXPECT_EQ(wide.take(), (Log{"1021", "1022"}));
    EXPECT_EQ(narrow.find_packet(ExtSeqNum{22})->payload().size(), 100u);
    EXPECT_EQ(wide.find_packet(ExtSeqNum{1022})->payload().size(), 1000u);
    EXPECT_FALSE(narrow.find_packet(ExtSeqNum{1022}));
}

TEST_F(SimulcastTest, ASinkKeepsWhatItHasUntilAKeyFrameOfTheOtherComes) {
    flow(20);
    Viewer viewer;
    source.attach(viewer);
    viewer.set_receive_limit(Bitrate::kbps(20));
    EXPECT_EQ(asked, std::vector<std::uint32_t>{1});
    flow(1);
    EXPECT_EQ(viewer.take(), Log{"1021"});
    source.push(layer(0, 22, true));
    source.push(layer(1, 1022));
    source.push(layer(0, 23));
    EXPECT_EQ(viewer.take(), (Log{"switch", "22", "23"}));
    EXPECT_TRUE(source.is_used(0));
    EXPECT_FALSE(source.is_used(1));
}

TEST_F(SimulcastTest, ALimitInSizeChangesTheEncodingLikeOneInRate) {
    source.set_encoding_size(0, 320, 180);
    source.set_encoding_size(1, 640, 360);
    flow(20);
    Viewer viewer;
    viewer.set_size_limit(area(320, 180));
    source.attach(viewer);
    flow(1);
    EXPECT_EQ(viewer.take(), Log{"21"}) << "from the start";
    viewer.set_size_limit(std::nullopt);
    EXPECT_EQ(asked, std::vector<std::uint32_t>{2});
    source.push(layer(0, 22));
    source.push(layer(1, 1022, true));
    EXPECT_EQ(viewer.take(), (Log{"22", "switch", "1022"}));
    viewer.set_size_limit(area(160, 90));
    source.push(layer(0, 23, true));
    EXPECT_EQ(viewer.take(), (Log{"switch", "23"})) << "the smallest rather than nothing";
    EXPECT_FALSE(viewer.converted());
}

TEST_F(SimulcastTest, AnEncodingThatGrewIsLeftByWhoAskedForLess) {
    source.set_encoding_size(0, 320, 180);
    source.set_encoding_size(1, 640, 360);
    flow(20);
    Viewer viewer;
    viewer.set_size_limit(area(640, 360));
    source.attach(viewer);
    source.set_encoding_size(1, 1280, 720);
    source.push(layer(1, 1021, true));
    EXPECT_EQ(asked, std::vector<std::uint32_t>{1});
    source.push(layer(0, 21, true));
    EXPECT_EQ(viewer.take(), (Log{"1021", "switch", "21"}));
}

TEST_F(SimulcastTest, ALimitThatCameAndWentChangesNothing) {
    flow(20);
    Viewer viewer;
    source.attach(viewer);
    viewer.set_receive_limit(Bitrate::kbps(20));
    viewer.set_receive_limit(std::nullopt);
    source.push(layer(0, 22, true));
    source.push(layer(1, 1022));
    EXPECT_EQ(viewer.take(), Log{"1022"});
    EXPECT_EQ(asked.size(), 1u) << "what it still had needs no key frame";
}

TEST_F(SimulcastTest, WhatIsSwitchedOffByItsSenderIsReplaced) {
    flow(20);
    Viewer viewer;
    source.attach(viewer);
    for (int i = 0; i < 20; ++i, now += 100ms) source.push(layer(0, 21 + i));
    EXPECT_EQ(asked, std::vector<std::uint32_t>{1});
    source.push(layer(0, 41, true));
    EXPECT_EQ(viewer.take(), (Log{"switch", "41"}));
}

TEST_F(SimulcastTest, WhoLosesHisEncodingIsMovedBeforeThatIsAFreeze) {
    flow(20);
    Viewer viewer;
    source.attach(viewer);
    const Time last = now - 100ms;
    for (int i = 0; asked.empty(); ++i, now += 100ms) source.push(layer(0, 21 + i));
    EXPECT_EQ(asked, std::vector<std::uint32_t>{1}) << "of the lesser one only";
    EXPECT_LE(now - 100ms - last, 400ms);
    source.push(layer(1, 1021));
    EXPECT_EQ(viewer.take(), Log{"1021"}) << "it is back before that came: nothing happens";
    EXPECT_EQ(asked.size(), 1u);
}

/// Takes pictures as a recorder does.
struct Keeper final : Sink {
    Keeper() : Sink{MediaType::video} {}
    std::vector<Acceptable> accepts() const override { return {Acceptable::frames(Codec::vp8)}; }
    void on_frame(const gst::Frame& frame) override {
        log.push_back((frame.keyframe ? "key " : "delta ") +
                      std::to_string(gst_buffer_get_size(frame.buffer.get())));
    }
    std::vector<std::string> take() { return std::exchange(log, {}); }
    std::vector<std::string> log;
};

TEST_F(GraphTest, WhoCannotBeReachedLiftsAndSetsNoLimit) {
    struct Receiver final : Sink {
        Receiver() : Sink{MediaType::video} {}
        std::vector<Acceptable> accepts() const override { return {Acceptable::rtp(Codec::vp8)}; }
        bool reaches_receiver() const override { return reached; }
        bool reached = true;
    };
    Source source{graph, MediaType::video, {}};
    source.set_format(rtp(Codec::vp8));
    Receiver here, never;
    never.reached = false;
    source.attach(here);
    here.set_receive_limit(Bitrate::kbps(500));
    source.attach(never);
    EXPECT_EQ(source.forward_limit(), Bitrate::kbps(500));
    never.set_receive_limit(Bitrate::kbps(3000));
    EXPECT_EQ(source.forward_limit(), Bitrate::kbps(500));
    never.reached = true;
    EXPECT_EQ(source.forward_limit(), Bitrate::kbps(3000));
    never.set_receive_limit(std::nullopt);
    EXPECT_EQ(source.forward_limit(), std::nullopt);
    here.reached = never.reached = false;
    EXPECT_EQ(source.forward_limit(), std::nullopt) << "nobody is there";
    here.reached = true;
    Keeper recorder;
    source.attach(recorder);
    EXPECT_EQ(source.forward_limit(), std::nullopt) << "a recorder takes everything";
}

TEST_F(SimulcastTest, WhatKeepsPicturesGetsAllOfAKeyFrameWhoseBeginningWasRepaired) {
    // RFC 7741: S begins a frame, P is set in what is no key frame.
    const auto part = [this](std::int64_t seq, std::uint32_t picture, bool begins, bool ends,
                             bool key = false) {
        auto p = layer(0, seq, begins && key);
        p->timestamp = RtpTimestamp{picture};
        p->marker = ends;
        std::fill_n(p->storage().begin(), 100, std::uint8_t{0});
        p->storage()[0] = begins ? 0x10 : 0;
        const std::array<std::uint8_t, 10> header{0, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 48, 0};
        if (begins && key) std::copy(header.begin(), header.end(), p->storage().begin() + 1);
        if (begins && !key) p->storage()[1] = 1;
        return p;
    };
    flow(20);
    Keeper keeper;
    source.attach(keeper);
    for (int i = 0; i < 20; ++i, now += 100ms)
        source.push(part(21 + i, static_cast<std::uint32_t>(21 + i), true, true));
    EXPECT_EQ(asked, std::vector<std::uint32_t>{1}) << "the other encoding does not come any more";
    EXPECT_EQ(keeper.take(), Log{});
    source.push(part(42, 100, false, true));
    source.push(part(43, 200, true, true));
    source.push(part(41, 100, true, false, true));
    source.push(part(44, 300, true, true));
    EXPECT_EQ(keeper.take(), (Log{"key 198", "delta 99", "delta 99"}));
    EXPECT_EQ(asked.size(), 1u);
}

TEST_F(SimulcastTest, BehindARelayItIsOnePictureWhoseNumbersChange) {
    flow(20);
    Relay relay{MediaType::video};
    auto behind = std::make_shared<Source>(graph, MediaType::video, Source::Upstream{});
    relay.set_target(behind);
    source.attach(relay);
    Viewer viewer;
    behind->attach(viewer);
    flow(1);
    relay.set_receive_limit(Bitrate::kbps(20));
    source.push(layer(0, 22, true));
    EXPECT_EQ(viewer.take(), (Log{"1021", "switch", "22"}));
    EXPECT_EQ(viewer.find_packet(ExtSeqNum{22})->payload().size(), 100u);
    source.detach(relay);
    behind->detach(viewer);
}

}  // namespace
}  // namespace rivero::media
