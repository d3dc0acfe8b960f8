// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/target_filter.hpp"

#include "codec/dependency_descriptor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace rivero::codec {
namespace {

using Verdict = TargetFilter::Verdict;

/// One frame of a scalability mode: its layers, what it is to each decode target ("-DSR") and how
/// many frames back its references are.
struct Frame {
    std::uint8_t spatial, temporal;
    std::string_view indications;
    std::vector<std::uint16_t> references;
};

/// A sender of one packet of 1000 bytes for each frame, 10 pictures a second.
struct TargetFilterTest : testing::Test {
    explicit TargetFilterTest() = default;

    void structure(std::vector<rtp::DecodeTargets::Target> all) {
        targets = rtp::SharedTargets{rtp::DecodeTargets{std::move(all)}};
    }
    void sizes(rtp::LayerSizes all) {
        auto changed = *targets;
        changed.sizes = all;
        targets = rtp::SharedTargets{std::move(changed)};
    }
    /// @return what is sent of the picture: spatial ids, `!` behind the one with the marker
    std::string picture(const std::vector<Frame>& frames, bool key = false) {
        std::string sent;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            auto p = pool.make();
            p->timestamp = RtpTimestamp{timestamp};
            p->set_payload(0, 1000);
            p->layered = p->ends_layer_frame = true;
            p->spatial_id = frames[i].spatial;
            p->temporal_id = frames[i].temporal;
            p->starts_keyframe = key && i == 0;
            p->marker = whole && i + 1 == frames.size();
            auto& d = p->dependencies;
            d.targets = targets;
            d.frame_number = number++;
            d.begins_structure = p->starts_keyframe;
            d.active.reset();
            if (p->starts_keyframe) d.active = active;
            d.indications = 0;
            for (std::size_t target = 0; target < frames[i].indications.size(); ++target)
                d.indications |=
                    std::uint64_t{std::string_view{"-DSR"}.find(frames[i].indications[target])}
                    << 2 * target;
            d.reference_count = static_cast<std::uint8_t>(frames[i].references.size());
            std::copy(frames[i].references.begin(), frames[i].references.end(),
                      d.references.begin());
            const auto verdict = filter.on_packet(now, *p);
            told = filter.note(*p).active;
            last = p;
            if (filter.take_end() == true) sent += '!';
            if (verdict == Verdict::withhold) continue;
            sent += std::to_string(frames[i].spatial);
            if (verdict == Verdict::send_as_last) sent += '!';
        }
        timestamp += 9000;
        now += 100ms;
        return sent.empty() ? "-" : sent;
    }
    rtp::PacketPool pool;
    TargetFilter filter;
    rtp::SharedTargets targets;
    std::uint16_t number = 0xfff0;
    std::uint32_t timestamp = 0xffff0000, active = ~0U;
    Time now{100s};
    bool whole = true;  ///< pictures come with their ends
    std::optional<std::uint32_t> told;
    rtp::PacketPtr last;
};

/// Two spatial layers, the upper one always built on the lower one.
struct L2T1 : TargetFilterTest {
    L2T1() { structure({{0, 0, 0b01}, {1, 0, 0b11}}); }
    std::string key() { return picture({{0, 0, "SS", {}}, {1, 0, "-S", {1}}}, true); }
    std::string delta() { return picture({{0, 0, "SR", {2}}, {1, 0, "-R", {2, 1}}}); }
};

TEST_F(L2T1, GoesDownWithTheNextPictureAndUpWithAKeyFrame) {
    EXPECT_EQ(key(), "01!");
    for (int i = 0; i < 12; ++i) EXPECT_EQ(delta(), "01!");  // 80 kbit/s each
    filter.set_limit(Bitrate::kbps(100));
    for (int i = 0; i < 6; ++i) delta();
    EXPECT_EQ(delta(), "0!");
    EXPECT_FALSE(filter.take_keyframe_wish());
    filter.set_limit(Bitrate::kbps(200));
    for (int i = 0; i < 6; ++i) EXPECT_EQ(delta(), "0!");
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_FALSE(filter.take_keyframe_wish());
    EXPECT_EQ(key(), "01!");
    EXPECT_EQ(delta(), "01!");
}

TEST_F(L2T1, GoesUpWhereTheUpperLayerDependsOnNothingThatWasLeftOut) {
    key();
    filter.set_limit(Bitrate::kbps(100));
    for (int i = 0; i < 12; ++i) delta();
    EXPECT_EQ(delta(), "0!");
    filter.set_limit(std::nullopt);
    for (int i = 0; i < 6; ++i) delta();
    // The sender makes a refresh of the layer: RTP payload format for AV1, appendix A.10.1.2.
    EXPECT_EQ(picture({{0, 0, "SS", {2}}, {1, 0, "-R", {1}}}), "01!");
    EXPECT_EQ(delta(), "01!");
}

TEST_F(L2T1, ASwitchPointIsNoneForWhoCannotDecodeIt) {
    key();
    filter.set_limit(Bitrate::kbps(100));
    for (int i = 0; i < 12; ++i) delta();
    filter.set_limit(std::nullopt);
    for (int i = 0; i < 6; ++i) delta();
    EXPECT_EQ(picture({{0, 0, "SS", {2, 1}}, {1, 0, "-R", {1}}}), "-")
        << "it refers to an upper frame, which was left out";
}

TEST_F(L2T1, TellsTheReceiverWhichTargetsItGets) {
    key();
    EXPECT_EQ(told, std::nullopt) << "all of them";
    for (int i = 0; i < 12; ++i) delta();
    EXPECT_EQ(told, std::nullopt);
    filter.set_limit(Bitrate::kbps(100));
    std::vector<std::uint32_t> said;
    for (int i = 0; i < 7; ++i) {
        const auto first = number;
        delta();
        auto p = pool.make();
        p->dependencies.frame_number = first;
        if (auto mask = filter.note(*p).active) said.push_back(*mask);
    }
    EXPECT_EQ(said, std::vector<std::uint32_t>{0b01}) << "once";
    number = 0x100;
    picture({{0, 0, "SS", {}}}, true);
    EXPECT_EQ(told, 0b01U) << "with a structure anew";
}

TEST_F(L2T1, StaysWithALayerThatTheSenderHasSwitchedOffAndFindsItWhenItComesBack) {
    key();
    for (int i = 0; i < 6; ++i) delta();
    filter.set_limit(Bitrate::kbps(500));
    for (int i = 0; i < 12; ++i) EXPECT_EQ(picture({{0, 0, "SR", {1}}}), "0!");
    EXPECT_EQ(picture({{0, 0, "SR", {1}}, {1, 0, "-R", {1}}}), "01!");
    EXPECT_EQ(delta(), "01!");
}

TEST_F(L2T1, APacketThatComesAgainIsJudgedAsItsFrameWas) {
    key();
    for (int i = 0; i < 12; ++i) delta();
    const auto upper = last;
    filter.set_limit(Bitrate::kbps(100));
    for (int i = 0; i < 7; ++i) delta();
    EXPECT_EQ(delta(), "0!");
    EXPECT_EQ(filter.on_packet(now, *upper), Verdict::send_as_last);
    EXPECT_TRUE(filter.ends_picture(*upper));
    EXPECT_EQ(filter.on_packet(now, *last), Verdict::withhold);
}

TEST_F(L2T1, AnotherStructureBeginsAnew) {
    key();
    filter.set_limit(Bitrate::kbps(100));
    for (int i = 0; i < 12; ++i) delta();
    EXPECT_EQ(delta(), "0!");
    structure({{0, 0, 0b001}, {1, 0, 0b011}, {2, 0, 0b111}});
    EXPECT_EQ(picture({{0, 0, "SSS", {}}, {1, 0, "-SS", {1}}, {2, 0, "--S", {1}}}, true), "012!")
        << "of these no rate is known yet";
}

/// Three spatial layers, each built on the one below.
struct L3T1 : TargetFilterTest {
    L3T1() { structure({{0, 0, 0b001}, {1, 0, 0b011}, {2, 0, 0b111}}); }
    std::string key() {
        return picture({{0, 0, "SSS", {}}, {1, 0, "-SS", {1}}, {2, 0, "--S", {1}}}, true);
    }
    std::string delta() {
        return picture({{0, 0, "SRR", {3}}, {1, 0, "-RR", {3, 1}}, {2, 0, "--R", {3, 1}}});
    }
};

TEST_F(L3T1, APictureEndsWithTheHighestLayerThatIsInIt) {
    key();
    for (int i = 0; i < 12; ++i) EXPECT_EQ(delta(), "012!");
    filter.set_limit(Bitrate::kbps(200));
    for (int i = 0; i < 3; ++i) delta();
    EXPECT_EQ(delta(), "01!");
    EXPECT_EQ(picture({{0, 0, "SRR", {3}}, {2, 0, "--R", {3}}}), "0!") << "without the middle one";
    EXPECT_EQ(picture({{0, 0, "SRR", {2}}}), "0!");
    EXPECT_EQ(picture({{1, 0, "-RR", {5}}, {2, 0, "--R", {3, 1}}}), "1!");
}

TEST_F(L3T1, APictureOfWhichTheRestNeverCameEndsWithTheNext) {
    key();
    for (int i = 0; i < 3; ++i) delta();
    whole = false;
    EXPECT_EQ(picture({{0, 0, "SRR", {3}}}), "0");
    whole = true;
    EXPECT_EQ(picture({{0, 0, "SRR", {1}}, {1, 0, "-RR", {5}}}), "!01!");
}

TEST_F(L3T1, LeavesOutWhatRefersToSomethingLeftOutAndAsksForAKeyFrameOnce) {
    key();
    filter.set_limit(Bitrate::kbps(200));
    for (int i = 0; i < 12; ++i) delta();
    EXPECT_FALSE(filter.take_keyframe_wish());
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(picture({{0, 0, "SRR", {3}}, {1, 0, "-RR", {2}}, {2, 0, "--R", {3, 1}}}), "0!");
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_FALSE(filter.take_keyframe_wish());
    EXPECT_EQ(key(), "01!");
}

/// Three temporal layers.
struct L1T3 : TargetFilterTest {
    L1T3() { structure({{0, 0, 0b001}, {0, 1, 0b011}, {0, 2, 0b111}}); }
    std::string key() { return picture({{0, 0, "SSS", {}}}, true); }
    std::string round() {
        std::string sent = picture({{0, 2, "--D", {1}}});
        sent += picture({{0, 1, "-DS", {2}}});
        sent += picture({{0, 2, "--D", {1}}});
        return sent += picture({{0, 0, "SSS", {4}}});
    }
};

TEST_F(L1T3, GoesDownAtOnceAndUpAtASwitchPoint) {
    key();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(round(), "0!0!0!0!");  // 80 kbit/s
    filter.set_limit(Bitrate::kbps(30));
    for (int i = 0; i < 3; ++i) round();
    EXPECT_EQ(round(), "---0!");
    filter.set_limit(Bitrate::kbps(50));
    for (int i = 0; i < 3; ++i) round();
    EXPECT_EQ(round(), "-0!-0!");
    filter.set_limit(std::nullopt);
    for (int i = 0; i < 3; ++i) round();
    EXPECT_EQ(round(), "0!0!0!0!");
    EXPECT_FALSE(filter.take_keyframe_wish()) << "time layers need none";
}

/// Two spatial layers that depend on each other in key frames only.
struct L2T2Key : TargetFilterTest {
    L2T2Key() { structure({{0, 0, 0b0001}, {0, 1, 0b0011}, {1, 0, 0b0100}, {1, 1, 0b1100}}); }
    std::string key() { return picture({{0, 0, "SSSS", {}}, {1, 0, "--SS", {1}}}, true); }
    std::string round() {
        const std::string sent = picture({{0, 1, "-D--", {2}}, {1, 1, "---D", {2}}});
        return sent + ' ' + picture({{0, 0, "SS--", {4}}, {1, 0, "--SS", {4}}});
    }
};

TEST_F(L2T2Key, SendsTheWantedLayerAloneAndChangesItWithAKeyFrame) {
    EXPECT_EQ(key(), "01!");
    for (int i = 0; i < 6; ++i) EXPECT_EQ(round(), "1! 1!");  // 80 kbit/s for each layer
    filter.set_limit(Bitrate::kbps(90));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(round(), "1! 1!") << "what is left out takes no room";
    EXPECT_FALSE(filter.take_keyframe_wish());
    filter.set_limit(Bitrate::kbps(20));
    for (int i = 0; i < 3; ++i) round();
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_EQ(round(), "- 1!") << "fewer pictures until the key frame is there";
    EXPECT_EQ(key(), "0!");
    EXPECT_EQ(round(), "- 0!");
}

TEST_F(L2T1, ASizeThatIsAskedForHoldsFromTheFirstPictureOn) {
    sizes({area(320, 180), area(640, 360)});
    filter.set_size_limit(area(320, 180));
    EXPECT_EQ(key(), "0!");
    EXPECT_EQ(delta(), "0!");
    filter.set_size_limit(area(360, 640));
    EXPECT_TRUE(filter.take_keyframe_wish());
    EXPECT_EQ(delta(), "0!");
    EXPECT_EQ(key(), "01!");
    EXPECT_EQ(delta(), "01!");
    filter.set_size_limit(area(90, 160));  // smaller than both
    EXPECT_EQ(delta(), "0!") << "never nothing";
    EXPECT_FALSE(filter.take_keyframe_wish());
    EXPECT_EQ(filter.sent().spatial, 0);
}

TEST_F(L2T1, OtherSizesOfTheSameLayersAreLookedAtWithTheirKeyFrame) {
    sizes({area(320, 180), area(640, 360)});
    filter.set_size_limit(area(320, 180));
    EXPECT_EQ(key(), "0!");
    sizes({area(160, 90), area(320, 180)});
    EXPECT_EQ(key(), "01!");
    EXPECT_FALSE(filter.take_keyframe_wish()) << "it was one";
    sizes({});
    EXPECT_EQ(key(), "01!") << "where none are told nothing is too large";
}

TEST_F(L2T1, ALayerThatComesBackInAnotherSizeIsTakenWithTheKeyFrameThatBringsIt) {
    sizes({area(320, 180), area(640, 360)});
    filter.set_size_limit(area(320, 180));
    active = 0b01;
    EXPECT_EQ(key(), "0!");
    sizes({area(160, 90), area(320, 180)});
    active = 0b11;
    EXPECT_EQ(key(), "01!");
    EXPECT_FALSE(filter.take_keyframe_wish());
}

}  // namespace
}  // namespace rivero::codec
