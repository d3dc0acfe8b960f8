// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/vp8.hpp"
#include "codec/vp9.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

namespace rivero::codec {
namespace {

TEST(Vp8Frame, TellsSizeInKeyFramesOnly) {
    auto frames = load_frames("vp8");
    ASSERT_TRUE(vp8::is_keyframe(frames[0]));
    auto size = vp8::keyframe_size(frames[0]);
    ASSERT_TRUE(size);
    EXPECT_EQ(size->width, 64);
    EXPECT_EQ(size->height, 48);
    EXPECT_FALSE(vp8::is_keyframe(frames[1]));
    EXPECT_FALSE(vp8::keyframe_size(frames[1]));
    EXPECT_FALSE(vp8::keyframe_size(Bytes{frames[0]}.first(9)));
}

TEST(Vp9Frame, TellsSizeInKeyFramesOnly) {
    auto frames = load_frames("vp9");
    auto header = vp9::parse_frame_header(frames[0]);
    ASSERT_TRUE(header);
    EXPECT_TRUE(header->keyframe);
    EXPECT_EQ(header->width, 64u);
    EXPECT_EQ(header->height, 48u);
    header = vp9::parse_frame_header(frames[1]);
    ASSERT_TRUE(header);
    EXPECT_FALSE(header->keyframe);
    EXPECT_FALSE(vp9::parse_frame_header(Bytes{frames[0]}.first(6)));
    EXPECT_FALSE(vp9::parse_frame_header(hex("00")));
}

TEST(Vp9Superframe, HasSizesAsWideAsTheLargestNeeds) {
    ByteVector small{1, 2, 3, 4, 5};
    std::vector<std::size_t> sizes{2, 3};
    vp9::append_superframe_index(sizes, small);
    EXPECT_EQ(small, hex("0102030405 c1 02 03 c1"));
    EXPECT_TRUE(vp9::is_superframe(small));

    ByteVector large(300 + 2);
    sizes = {300, 2};
    vp9::append_superframe_index(sizes, large);
    EXPECT_EQ(ByteVector(large.begin() + 302, large.end()), hex("c9 2c01 0200 c9"));
    EXPECT_TRUE(vp9::is_superframe(large));

    EXPECT_FALSE(vp9::is_superframe({}));
    EXPECT_FALSE(vp9::is_superframe(hex("c1")));
    EXPECT_FALSE(vp9::is_superframe(hex("01020304 c1 02 03 c1")));
}

TEST(Vp9, TheScalabilityStructureTellsTheSizesOfLayers) {
    // Three layers, sizes, no pictures.
    const auto sizes = vp9::layer_sizes(hex("8a 8001 50 0140 00b4 0280 0168 0500 02d0 82"));
    ASSERT_TRUE(sizes);
    EXPECT_EQ(*sizes, (rtp::LayerSizes{area(320, 180), area(640, 360), area(1280, 720)}));
    EXPECT_FALSE(vp9::layer_sizes(hex("8a 8001 40 82"))) << "a structure without sizes";
    EXPECT_FALSE(vp9::layer_sizes(hex("88 8001 82")));
    EXPECT_FALSE(vp9::layer_sizes(hex("8a 8001 50 0140 00b4")));
    EXPECT_FALSE(vp9::layer_sizes({}));
    // Eight of them: what is above the fourth is the fourth.
    const auto eight = vp9::layer_sizes(hex(
        "8a 8001 f0 00010001 00020001 00030001 00040001 00050001 00060001 00070001 00080001 82"));
    ASSERT_TRUE(eight);
    EXPECT_EQ(*eight, (rtp::LayerSizes{Pixels{1}, Pixels{2}, Pixels{3}, Pixels{8}}));
}

}  // namespace
}  // namespace rivero::codec
