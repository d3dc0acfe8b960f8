// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/h264.hpp"

#include "codec/h265.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

namespace rivero::codec {
namespace {

struct ProfileCase {
    std::string text;
    std::optional<h264::Profile> profile;
    int level;
    std::string canonical;
};
void PrintTo(const ProfileCase& c, std::ostream* out) {
    *out << c.text;
}
class ProfileLevelIdTest : public testing::TestWithParam<ProfileCase> {};

TEST_P(ProfileLevelIdTest, IsReadAndWritten) {
    auto id = h264::parse_profile_level_id(GetParam().text);
    ASSERT_EQ(id.has_value(), GetParam().profile.has_value());
    if (!id) return;
    EXPECT_EQ(id->profile, GetParam().profile);
    EXPECT_EQ(id->level, GetParam().level);
    EXPECT_EQ(h264::to_string(*id), GetParam().canonical);
    EXPECT_EQ(h264::parse_profile_level_id(h264::to_string(*id)), id);
}

using enum h264::Profile;
INSTANTIATE_TEST_SUITE_P(Rfc6184Table5, ProfileLevelIdTest,
                         testing::Values(ProfileCase{"42e01f", constrained_baseline, 31, "42e01f"},
                                         ProfileCase{"42E01F", constrained_baseline, 31, "42e01f"},
                                         ProfileCase{"42c00d", constrained_baseline, 13, "42e00d"},
                                         ProfileCase{"4d8028", constrained_baseline, 40, "42e028"},
                                         ProfileCase{"58c01e", constrained_baseline, 30, "42e01e"},
                                         ProfileCase{"42001f", baseline, 31, "42001f"},
                                         ProfileCase{"42a01f", baseline, 31, "42001f"},
                                         ProfileCase{"58801f", baseline, 31, "42001f"},
                                         ProfileCase{"4d001f", main, 31, "4d001f"},
                                         ProfileCase{"4d401f", main, 31, "4d001f"},
                                         ProfileCase{"58001e", extended, 30, "58001e"},
                                         ProfileCase{"640028", high, 40, "640028"},
                                         ProfileCase{"640c1f", constrained_high, 31, "640c1f"},
                                         ProfileCase{"6e0032", high_10, 50, "6e0032"},
                                         ProfileCase{"6e1032", high_10_intra, 50, "6e1032"},
                                         ProfileCase{"f4001f", high_444, 31, "f4001f"},
                                         ProfileCase{"2c101f", cavlc_444_intra, 31, "2c101f"},
                                         // Level 1b, in both spellings.
                                         ProfileCase{"42f00b", constrained_baseline, 9, "42f00b"},
                                         ProfileCase{"42e00b", constrained_baseline, 11, "42e00b"},
                                         ProfileCase{"640009", high, 9, "640009"},
                                         ProfileCase{"42e01", std::nullopt, 0, ""},
                                         ProfileCase{"42e01fx", std::nullopt, 0, ""},
                                         ProfileCase{"-2e01f", std::nullopt, 0, ""},
                                         ProfileCase{"zzzzzz", std::nullopt, 0, ""},
                                         ProfileCase{"000000", std::nullopt, 0, ""},
                                         ProfileCase{"42e11f", std::nullopt, 0, ""}));

TEST(ProfileLevelId, NamesTheSameProfileInSeveralWays) {
    EXPECT_TRUE(h264::same_profile("42e01f", "42C028"));
    EXPECT_TRUE(h264::same_profile("42e01f", "4d801f"));
    EXPECT_FALSE(h264::same_profile("42e01f", "42001f"));
    EXPECT_FALSE(h264::same_profile("640c1f", "64001f"));
    EXPECT_FALSE(h264::same_profile("nonsense", "nonsense"));
}

std::optional<Bytes> find_nal(Bytes stream, auto wanted) {
    AnnexBReader in{stream};
    while (auto nal = in.next())
        if (wanted((*nal)[0])) return nal;
    return std::nullopt;
}

TEST(H264Sps, TellsWhatTheEncoderWasAskedFor) {
    auto frames = load_frames("h264");
    auto nal = find_nal(frames[0], [](auto b) { return h264::nal_type(b) == h264::kSps; });
    ASSERT_TRUE(nal);
    auto sps = h264::parse_sps(*nal);
    ASSERT_TRUE(sps);
    EXPECT_EQ(sps->width, 64u);
    EXPECT_EQ(sps->height, 48u);
    EXPECT_EQ(h264::profile_level_id(*sps)->profile, constrained_baseline);
}

// x264enc, profile high, 1920x1080 at 25 Hz: 1088 lines are coded, 8 cropped, and the scale of time
// needs an emulation prevention byte.
TEST(H264Sps, CropsHeightInHighProfile) {
    ByteVector nal = hex("67640028acd940780227e5c05a808080a0000003002000000651e30632c0");
    auto sps = h264::parse_sps(nal);
    ASSERT_TRUE(sps);
    EXPECT_EQ(sps->width, 1920u);
    EXPECT_EQ(sps->height, 1080u);
    for (std::size_t size = 0; size < nal.size() / 3; ++size)
        EXPECT_FALSE(h264::parse_sps(Bytes{nal}.first(size))) << size;
}

TEST(H265Sps, TellsTheSize) {
    auto frames = load_frames("h265");
    auto nal = find_nal(frames[0], [](auto b) { return h265::nal_type(b) == h265::kSps; });
    ASSERT_TRUE(nal);
    auto sps = h265::parse_sps(*nal);
    ASSERT_TRUE(sps);
    EXPECT_EQ(sps->width, 64u);
    EXPECT_EQ(sps->height, 48u);
    EXPECT_FALSE(h265::parse_sps(nal->first(8)));
}

}  // namespace
}  // namespace rivero::codec
