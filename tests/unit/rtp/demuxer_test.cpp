// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/demuxer.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

class DemuxerTest : public testing::Test {
protected:
    struct Sent {
        std::uint32_t ssrc;
        std::uint8_t payload_type;
        std::string_view mid = "";
        std::string_view rid = "";
        std::string_view repaired_rid = "";
    };
    /// @return the section, -1 for nobody
    int route(const Sent& sent) {
        HeaderView header;
        header.ssrc = Ssrc{sent.ssrc};
        header.payload_type = PayloadType{sent.payload_type};
        Extensions extensions;
        extensions.mid = sent.mid;
        extensions.rid = sent.rid;
        extensions.repaired_rid = sent.repaired_rid;
        last_ = demuxer_.route(header, extensions);
        return last_ ? static_cast<int>(last_->section) : -1;
    }
    void SetUp() override {
        demuxer_.set_sections({{"audio", {PayloadType{111}}, {Ssrc{1}}},
                               {"video", {PayloadType{96}, PayloadType{97}}, {}},
                               {"screen", {PayloadType{96}, PayloadType{97}}, {Ssrc{5}}}});
    }

    Demuxer demuxer_;
    const Demuxer::Route* last_ = nullptr;
};

TEST_F(DemuxerTest, ByMidAndThenByTheSsrcThatItTaught) {
    EXPECT_EQ(route({7, 96, "video"}), 1);
    EXPECT_EQ(route({7, 96}), 1);
    EXPECT_EQ(route({7, 96, "screen"}), 2) << "the MID is always right";
    EXPECT_EQ(route({7, 96}), 2);
}

TEST_F(DemuxerTest, BySignalledSsrc) {
    EXPECT_EQ(route({5, 96}), 2);
    EXPECT_EQ(route({1, 111}), 0);
}

TEST_F(DemuxerTest, ByAPayloadTypeOfOneSectionOnly) {
    EXPECT_EQ(route({9, 111}), 0);
    EXPECT_EQ(route({9, 96}), -1) << "now the SSRC is audio's";
    EXPECT_EQ(route({8, 96}), -1) << "video or screen?";
    EXPECT_EQ(demuxer_.find(Ssrc{8}), nullptr);
}

TEST_F(DemuxerTest, ForNobody) {
    EXPECT_EQ(route({7, 96, "other"}), -1) << "an unknown MID";
    EXPECT_EQ(route({7, 111, "video"}), -1) << "a payload type that the section has not";
    EXPECT_EQ(route({5, 111}), -1) << "nor has that of the SSRC";
    EXPECT_EQ(route({7, 50}), -1);
}

TEST_F(DemuxerTest, RemembersTheLayerOfAnSsrc) {
    EXPECT_EQ(route({7, 96, "video", "hi"}), 1);
    EXPECT_EQ(route({7, 96}), 1);
    EXPECT_EQ(*last_, (Demuxer::Route{1, "hi", false}));
    EXPECT_EQ(route({8, 97, "video", "", "hi"}), 1);
    EXPECT_EQ(route({8, 97}), 1);
    EXPECT_EQ(*last_, (Demuxer::Route{1, "hi", true}));
}

TEST_F(DemuxerTest, LearnsOnlySoManySsrcs) {
    for (std::uint32_t i = 0; i < Demuxer::kMaxLearned + 10; ++i)
        EXPECT_EQ(route({1000 + i, 96, "video"}), 1);
    EXPECT_EQ(demuxer_.find(Ssrc{1009}), nullptr);
    EXPECT_NE(demuxer_.find(Ssrc{1010}), nullptr);
    EXPECT_NE(demuxer_.find(Ssrc{5}), nullptr) << "signalled ones stay";
}

TEST_F(DemuxerTest, KeepsWhatItLearnedAcrossARenegotiation) {
    (void)route({7, 96, "video", "hi"});
    (void)route({8, 96, "screen"});
    (void)route({9, 96, "screen"});
    demuxer_.set_sections({{"video", {PayloadType{96}}, {Ssrc{8}}}});
    ASSERT_NE(demuxer_.find(Ssrc{7}), nullptr);
    EXPECT_EQ(*demuxer_.find(Ssrc{7}), (Demuxer::Route{0, "hi", false}));
    EXPECT_EQ(demuxer_.find(Ssrc{9}), nullptr);
    EXPECT_EQ(demuxer_.find(Ssrc{5}), nullptr);
    ASSERT_NE(demuxer_.find(Ssrc{8}), nullptr);
    EXPECT_EQ(demuxer_.find(Ssrc{8})->section, 0u);
    demuxer_.set_sections({});
    EXPECT_EQ(demuxer_.find(Ssrc{7}), nullptr);
}

TEST_F(DemuxerTest, KeepsTheLayersOfSignalledSsrcsAcrossARenegotiation) {
    auto sections = [](std::string mid) {
        return std::vector<Demuxer::Section>{
            {std::move(mid), {PayloadType{96}, PayloadType{97}}, {Ssrc{7}, Ssrc{8}, Ssrc{9}}}};
    };
    demuxer_.set_sections(sections("video"));
    (void)route({7, 96, "video", "hi"});
    (void)route({8, 97, "video", "", "hi"});
    demuxer_.set_sections(sections("video"));
    EXPECT_EQ(*demuxer_.find(Ssrc{7}), (Demuxer::Route{0, "hi", false}));
    EXPECT_EQ(*demuxer_.find(Ssrc{8}), (Demuxer::Route{0, "hi", true}));
    EXPECT_EQ(*demuxer_.find(Ssrc{9}), (Demuxer::Route{0, "", false}));
    demuxer_.set_sections(sections("another"));
    EXPECT_EQ(*demuxer_.find(Ssrc{7}), (Demuxer::Route{0, "", false}));
}

TEST_F(DemuxerTest, ForgetsAfterAByeWhatItHadLearned) {
    (void)route({7, 96, "video"});
    demuxer_.forget(Ssrc{7});
    demuxer_.forget(Ssrc{5});
    EXPECT_EQ(demuxer_.find(Ssrc{7}), nullptr);
    EXPECT_NE(demuxer_.find(Ssrc{5}), nullptr);
}

}  // namespace
}  // namespace rivero::rtp
