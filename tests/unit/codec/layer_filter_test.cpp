// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/layer_filter.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rivero::codec {
namespace {

using Verdict = LayerFilter::Verdict;

/// A sender of layers, one packet for each layer of a picture, 1000 bytes each, 10 pictures a
/// second.
struct LayerFilterTest : testing::Test {
    /// @return what of the picture is sent: spatial ids, `!` behind the one with the marker,
    /// or before all of them when that of the picture before had waited for it
    std::string picture(int spatial_layers, std::uint8_t temporal, bool key = false,
                        bool sync = false) {
        std::string sent;
        for (int s = 0; s < spatial_layers; ++s) {
            auto p = pool.make();
            p->timestamp = RtpTimestamp{timestamp};
            p->set_payload(0, 1000);
            p->layered = true;
            p->spatial_id = static_cast<std::uint8_t>(s);
            p->temporal_id = temporal;
            p->starts_keyframe = key && s == 0;
            p->layer_sync = sync;
            p->sync_from = sync_from;
            p->not_for_upper_layers = independent && !key;
            p->ends_layer_frame = true;
            p->marker = s == spatial_layers - 1 && marked;
            const auto verdict = filter.on_packet(now, *p);
            if (filter.take_end() == true) sent += "!";
            if (verdict == Verdict::withhold) continue;
            sent += std::to_string(s);
            if (verdict == Verdict::send_as_last) sent += "!";
            packets.push_back(p);
        }
        timestamp += 9000;
        now += 100ms;
        return sent.empty() ? "-" : sent;
    }
    rtp::PacketPool pool;
    LayerFilter filter;
    std::vector<rtp::PacketPtr> packets;  ///< that were sent
    bool marked = true;                   ///< the last packet of the picture has the marker
    bool independent = false;  ///< spatial layers depend on each other in key frames only
    std::uint8_t sync_from = 0;
    std::uint32_t timestamp = 0xffff0000;
    Time now{100s};
};

TEST_F(LayerFilterTest, SendsEverythingWithoutALimit) {
    EXPECT_EQ(picture(3, 0, true), "012!");
    for (int i = 0; i < 30; ++i) EXPECT_EQ(picture(3, static_cast<std::uint8_t>(i % 3)), "012!");
}

TEST_F(LayerFilterTest, LeavesOutSpatialLayersFromTheNextPictureOnAndMarksTheNewEnd) {
    picture(3, 0, true);
    for (int i = 0; i < 12; ++i) picture(3, 0);  // 80 kbit/s each
    filter.set_limit(Bitrate::kbps(100));
    for (int i = 0; i < 6; ++i) picture(3, 0);
    EXPECT_EQ(picture(3, 0), "0!");
    filter.set_limit(Bitrate::kbps(200));
    for (int i = 0; i < 6; ++i)
        EXPECT_EQ(picture(3, 0), "0!") << "the higher one begins with a key frame";
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_FALSE(filter.take_keyframe_wish());
    EXPECT_EQ(picture(3, 0, true), "01!");
    EXPECT_EQ(picture(3, 0), "01!");
}

TEST_F(LayerFilterTest, TemporalLayersGoAndComeBackWhereTheyDependOnNothingLeftOut) {
    auto round = [&](bool sync) {
        std::string sent;
        for (std::uint8_t t : {0, 2, 1, 2}) sent += picture(1, t, false, sync && t != 0)[0];
        return sent;
    };
    picture(1, 0, true);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(round(true), "0000");
    filter.set_limit(Bitrate::kbps(30));  // of 80: T0 takes 20, T0 and T1 40
    for (int i = 0; i < 4; ++i) round(true);
    EXPECT_EQ(round(true), "0---");
    filter.set_limit(std::nullopt);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(round(false), "0---");
    EXPECT_EQ(round(true), "0000") << "each of the higher ones says that it begins here";
}

TEST_F(LayerFilterTest, OfVp9TemporalLayersComeBackOneByOne) {
    auto round = [&] {
        std::string sent;
        for (std::uint8_t t : {0, 2, 1, 2}) {
            sync_from = t == 2 ? 1 : 0;  // a picture may refer to the layer right below
            sent += picture(1, t, false, t != 0)[0];
        }
        return sent;
    };
    picture(1, 0, true);
    filter.set_limit(Bitrate::kbps(30));
    for (int i = 0; i < 4; ++i) round();
    EXPECT_EQ(round(), "0---");
    filter.set_limit(std::nullopt);
    std::string sent;
    for (int i = 0; i < 4; ++i) sent += round();
    EXPECT_NE(sent.find("0-000000"), std::string::npos) << sent;
}

TEST_F(LayerFilterTest, LayersThatDependOnEachOtherInKeyFramesOnlyAreSentAlone) {
    independent = true;
    EXPECT_EQ(picture(3, 0, true), "012!");
    EXPECT_EQ(picture(3, 0), "2!");
    for (int i = 0; i < 12; ++i) EXPECT_EQ(picture(3, 0), "2!");  // 80 kbit/s each
    filter.set_limit(Bitrate::kbps(100));
    for (int i = 0; i < 6; ++i) EXPECT_EQ(picture(3, 0), "2!") << "what is left out takes no room";
    EXPECT_FALSE(filter.take_keyframe_wish());
}

TEST_F(LayerFilterTest, SuchALayerIsLeftWithAKeyFrameOnly) {
    independent = true;
    picture(3, 0, true);
    auto round = [&] { return picture(3, 0) + ' ' + picture(3, 1); };
    for (int i = 0; i < 6; ++i) EXPECT_EQ(round(), "2! 2!");
    filter.set_limit(Bitrate::kbps(20));
    for (int i = 0; i < 4; ++i) round();
    EXPECT_EQ(round(), "2! -") << "half of the pictures until the key frame comes";
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_FALSE(filter.take_keyframe_wish());
    EXPECT_EQ(picture(3, 0, true), "0!");
    EXPECT_EQ(picture(3, 0), "0!");
}

TEST_F(LayerFilterTest, WhenTheSenderSwitchesItOffTheNextOneComesWithAKeyFrame) {
    independent = true;
    picture(3, 0, true);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(picture(3, 0), "2!");
    for (int i = 0; i < 4; ++i) picture(2, 0);
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_EQ(picture(2, 0, true), "01!");
    EXPECT_EQ(picture(2, 0), "1!");
    picture(3, 0, true);
    EXPECT_EQ(picture(3, 0), "2!");
}

// Chromium 156 (VP9, L3T3) when its estimate allows the third layer again, up to the next picture
// of T0: two layers in each picture, and no marker.
TEST_F(LayerFilterTest, APictureThatLacksItsHighestLayerEndsWhereTheNextBegins) {
    EXPECT_EQ(picture(3, 0, true), "012!");
    marked = false;
    EXPECT_EQ(picture(2, 2), "01");
    EXPECT_EQ(picture(2, 1), "!01");
    EXPECT_EQ(picture(2, 2), "!01");
    marked = true;
    EXPECT_EQ(picture(3, 0), "!012!");
    EXPECT_EQ(picture(3, 2), "012!");
}

TEST_F(LayerFilterTest, SuchAnEndIsOneWhenItIsSentAgain) {
    picture(3, 0, true);
    marked = false;
    packets.clear();
    picture(2, 2);
    marked = true;
    picture(3, 0);
    ASSERT_EQ(packets.size(), 5u);
    std::string ends;
    for (const auto& packet : packets) ends += filter.ends_picture(*packet) ? '!' : '.';
    EXPECT_EQ(ends, ".!..!");
}

TEST_F(LayerFilterTest, SuchAnEndIsOneWhenItComesAfterThePicture) {
    picture(3, 0, true);
    const auto send = [&](std::uint32_t at, std::uint8_t spatial, bool ends) {
        auto p = pool.make();
        p->timestamp = RtpTimestamp{at};
        p->set_payload(0, 1000);
        p->layered = true;
        p->spatial_id = spatial;
        p->ends_layer_frame = ends;
        const auto verdict = filter.on_packet(now, *p);
        return std::pair{verdict, filter.ends_picture(*p)};
    };
    // Two layers of three; the last packet of the upper one is lost, and so is a part of the lower.
    const std::uint32_t lacking = timestamp, next = timestamp + 9000;
    send(lacking, 0, false);
    send(lacking, 1, false);
    send(next, 0, false);
    EXPECT_EQ(send(lacking, 0, true), (std::pair{Verdict::send, false}));
    EXPECT_EQ(send(lacking, 1, true), (std::pair{Verdict::send_as_last, true}));
    EXPECT_EQ(send(lacking, 1, false), (std::pair{Verdict::send, false}));
}

TEST_F(LayerFilterTest, AKeyFrameBringsWhatIsWanted) {
    picture(2, 0, true);
    for (int i = 0; i < 12; ++i) picture(2, 0);
    filter.set_limit(Bitrate::kbps(90));
    for (int i = 0; i < 6; ++i) picture(2, 0);
    EXPECT_EQ(picture(2, 0), "0!");
    filter.reset();
    EXPECT_EQ(picture(2, 0, true), "01!") << "of another source nothing is known yet";
}

constexpr rtp::LayerSizes kSizes{area(320, 180), area(640, 360), area(1280, 720)};

TEST_F(LayerFilterTest, ASizeThatIsAskedForHoldsFromTheFirstPictureOn) {
    filter.set_size_limit(area(640, 360));
    filter.set_sizes(kSizes);
    EXPECT_EQ(picture(3, 0, true), "01!");
    EXPECT_EQ(picture(3, 0), "01!");
    filter.set_size_limit(std::nullopt);  // before anything was measured
    EXPECT_EQ(picture(3, 0), "01!");
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_EQ(picture(3, 0, true), "012!");
    for (int i = 0; i < 12; ++i) EXPECT_EQ(picture(3, 0), "012!");
    EXPECT_FALSE(filter.take_keyframe_wish());
}

TEST_F(LayerFilterTest, ASmallerSizeGoesDownWithTheNextPictureAndALargerOneUpWithAKeyFrame) {
    filter.set_sizes(kSizes);
    picture(3, 0, true);
    for (std::uint8_t i = 0; i < 12; ++i) EXPECT_EQ(picture(3, i % 2), "012!");
    filter.set_size_limit(area(90, 160));  // smaller than all
    EXPECT_EQ(picture(3, 0), "0!") << "never nothing";
    EXPECT_EQ(picture(3, 1), "0!") << "and all pictures of it";
    EXPECT_FALSE(filter.take_keyframe_wish());
    filter.set_size_limit(area(360, 640));
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_EQ(picture(3, 0), "0!");
    EXPECT_EQ(picture(3, 0, true), "01!");
    EXPECT_EQ(filter.sent(), (LayerFilter::Layer{1, 1}));
    filter.set_limit(Bitrate::kbps(50));  // of 80 for each spatial layer
    EXPECT_EQ(picture(3, 0), "0!") << "the stricter of both counts";
}

TEST_F(LayerFilterTest, ALayerThatOthersWereSentWithoutIsLeftForSizeWithAKeyFrameToo) {
    independent = true;
    filter.set_sizes(kSizes);
    picture(3, 0, true);
    EXPECT_EQ(picture(3, 0), "2!");
    filter.set_size_limit(area(640, 360));
    EXPECT_EQ(picture(3, 0), "2!");
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_EQ(picture(3, 0, true), "01!");
    EXPECT_EQ(picture(3, 0), "1!");
}

TEST_F(LayerFilterTest, OtherSizesOfTheSenderAreLookedAtWithTheirKeyFrame) {
    filter.set_size_limit(area(640, 360));
    filter.set_sizes(kSizes);
    picture(3, 0, true);
    for (int i = 0; i < 12; ++i) EXPECT_EQ(picture(3, 0), "01!");
    filter.set_sizes({area(160, 90), area(320, 180), area(640, 360)});
    EXPECT_EQ(picture(3, 0, true), "012!");
    EXPECT_FALSE(filter.take_keyframe_wish()) << "it was one";
    filter.reset();
    EXPECT_EQ(picture(3, 0, true), "012!") << "another source: sizes are not known";
    filter.set_sizes(kSizes);
    EXPECT_EQ(picture(3, 0), "01!") << "what was asked for holds";
}

}  // namespace
}  // namespace rivero::codec
