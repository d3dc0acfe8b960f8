// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/graph/route.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rivero::media {
namespace {

Format rtp(Codec codec) {
    return {media_type(codec), Packing::rtp, codec, {}, 1, false, {}};
}
Format frames(Codec codec) {
    return {media_type(codec), Packing::frames, codec, {}, 1, false, {}};
}
Format raw() {
    return {};
}

std::string way(const Format& from, const Acceptable& to) {
    std::string text;
    for (const Step& step : steps(from, to))
        text += (text.empty() ? "" : " ") + std::string{name(step.kind)};
    return text;
}

struct Case {
    const char* title;
    Format from;
    Acceptable to;
    const char* expected;
};

class StepsTest : public testing::TestWithParam<Case> {};

TEST_P(StepsTest, LeadFromOneFormatToAnother) {
    EXPECT_EQ(way(GetParam().from, GetParam().to), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Route, StepsTest,
    testing::Values(Case{"Forward", rtp(Codec::vp8), Acceptable::rtp(Codec::vp8), ""},
                    Case{"Record", rtp(Codec::vp8), Acceptable::frames(Codec::vp8), "depacketize"},
                    Case{"Play", frames(Codec::vp8), Acceptable::rtp(Codec::vp8), "packetize"},
                    Case{"Mix", rtp(Codec::vp8), Acceptable::raw(), "depacketize decode"},
                    Case{"TranscodeRtp", rtp(Codec::h264), Acceptable::rtp(Codec::vp8),
                         "depacketize decode encode packetize"},
                    Case{"TranscodeFile", frames(Codec::h264), Acceptable::rtp(Codec::vp8),
                         "decode encode packetize"},
                    Case{"EncodeForAFile", raw(), Acceptable::frames(Codec::h264), "encode"},
                    Case{"Anything", frames(Codec::aac), Acceptable::any(), ""}),
    [](const auto& i) { return i.param.title; });

/// The same with at most so many pictures in a second.
Acceptable slow(Acceptable to, double framerate) {
    to.max_framerate = framerate;
    return to;
}
Format at(Format format, double framerate) {
    format.framerate = framerate;
    return format;
}

INSTANTIATE_TEST_SUITE_P(
    FrameRate, StepsTest,
    testing::Values(
        Case{"OfTheSameEncoding", rtp(Codec::vp8), slow(Acceptable::rtp(Codec::vp8), 10),
             "depacketize decode limit rate encode packetize"},
        Case{"OfAnotherEncoding", frames(Codec::vp8), slow(Acceptable::frames(Codec::h264), 10),
             "decode limit rate encode"},
        Case{"OfRawPictures", frames(Codec::vp8), slow(Acceptable::raw(), 10), "decode limit rate"},
        Case{"OfRawPicturesThatAreRaw", raw(), slow(Acceptable::raw(), 10), "limit rate"},
        Case{"ThatIsKeptAlready", at(frames(Codec::vp8), 10), slow(Acceptable::rtp(Codec::vp8), 10),
             "packetize"},
        Case{"ThatIsKeptInAnotherEncoding", at(frames(Codec::vp8), 5),
             slow(Acceptable::rtp(Codec::h264), 10), "decode encode packetize"},
        Case{"ThatIsTooHigh", at(frames(Codec::vp8), 15), slow(Acceptable::frames(Codec::vp8), 10),
             "decode limit rate encode"}),
    [](const auto& i) { return i.param.title; });

TEST(Steps, TheRateOfTheCapsCounts) {
    Format film = frames(Codec::h264);
    film.caps = *gst::caps_from_text("video/x-h264, framerate=30000/1001");
    EXPECT_EQ(way(film, slow(Acceptable::frames(Codec::h264), 30)), "");
    EXPECT_EQ(way(film, slow(Acceptable::frames(Codec::h264), 25)), "decode limit rate encode");
}

TEST(Steps, AProfileThatDoesNotSuitIsTranscoded) {
    Acceptable picky = Acceptable::rtp(Codec::h264);
    picky.suits = [](const Format& f) { return f.profile.empty(); };
    Format high = rtp(Codec::h264);
    high.profile = "64001f";
    EXPECT_EQ(way(high, picky), "depacketize decode encode packetize");
}

class CheapestTest : public testing::Test {
protected:
    CheapestTest() : graph{loop}, source{graph, MediaType::video, {}} {}
    std::string best(const Format& from, const std::vector<Acceptable>& wishes) {
        Node root{source, graph, from, nullptr};
        auto found = cheapest(root, wishes);
        if (!found) return "nothing";
        std::string text;
        for (const Step& step : *found)
            text += (text.empty() ? "" : " ") + std::string{name(step.kind)} +
                    (step.codec ? ":" + std::string{encoding_name(*step.codec)} : "");
        return text;
    }
    struct NoLoop final : Loop {
        void post(Task task) override { task(); }
        bool is_current() const override { return true; }
        Timer post_after(Duration, Task) override { return {}; }
    } loop;
    Graph graph;
    Source source;
};

TEST_F(CheapestTest, TakesWhatNeedsNoConversionHoweverLowItStandsOnTheList) {
    EXPECT_EQ(best(rtp(Codec::h264), {Acceptable::rtp(Codec::vp8), Acceptable::rtp(Codec::h264)}),
              "");
}

TEST_F(CheapestTest, AmongEqualsTheFirstWishWins) {
    EXPECT_EQ(
        best(frames(Codec::h265), {Acceptable::rtp(Codec::vp8), Acceptable::rtp(Codec::h264)}),
        "decode encode:VP8 packetize:VP8");
}

TEST_F(CheapestTest, NothingIsFoundWithoutWishes) {
    EXPECT_EQ(best(rtp(Codec::vp8), {}), "nothing");
}

}  // namespace
}  // namespace rivero::media
