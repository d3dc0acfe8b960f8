// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/picture_ids.hpp"

#include "codec/vp8.hpp"
#include "codec/vp9.hpp"

#include <gtest/gtest.h>

namespace rivero::codec {
namespace {

/// A VP8 payload with a 15-bit picture id and TL0PICIDX.
ByteVector vp8_payload(std::uint16_t id, std::uint8_t tl0, std::uint8_t temporal = 0) {
    return {0x90,
            0xe0,
            static_cast<std::uint8_t>(0x80 | id >> 8),
            static_cast<std::uint8_t>(id),
            tl0,
            static_cast<std::uint8_t>(temporal << 6),
            0x01,
            0x02};
}
ByteVector vp9_payload(std::uint16_t id, std::uint8_t tl0) {
    return {0xa8,
            static_cast<std::uint8_t>(0x80 | id >> 8),
            static_cast<std::uint8_t>(id),
            0x00,
            tl0,
            0x01,
            0x02};
}
PictureIds::Ids vp8_sent(PictureIds& ids, ByteVector payload) {
    PictureIds::apply(Codec::vp8, payload, ids.forward(Codec::vp8, payload));
    const auto d = vp8::parse_descriptor(payload);
    return {d->picture_id, d->tl0_pic_idx};
}

TEST(PictureIds, GoOnAcrossASwitch) {
    PictureIds ids;
    EXPECT_EQ(vp8_sent(ids, vp8_payload(7000, 200)), (PictureIds::Ids{0, 0}));
    EXPECT_EQ(vp8_sent(ids, vp8_payload(7001, 201)), (PictureIds::Ids{1, 1}));
    ids.switch_source();
    EXPECT_EQ(vp8_sent(ids, vp8_payload(5, 90)), (PictureIds::Ids{2, 2}));
    EXPECT_EQ(vp8_sent(ids, vp8_payload(6, 91)), (PictureIds::Ids{3, 3}));
    EXPECT_EQ(ids.find(Codec::vp8, vp8_payload(5, 90)), (PictureIds::Ids{2, 2}));
}

TEST(PictureIds, WrapAsTheDescriptorDoes) {
    PictureIds ids;
    for (int i = 0; i < 100'000; ++i) {
        const auto sent =
            vp8_sent(ids, vp8_payload((i + 32760) & 0x7fff, static_cast<std::uint8_t>(i + 250)));
        ASSERT_EQ(sent, (PictureIds::Ids{static_cast<std::uint16_t>(i & 0x7fff),
                                         static_cast<std::uint8_t>(i)}));
    }
}

TEST(PictureIds, PicturesThatAreWithheldLeaveNoGap) {
    PictureIds ids;
    EXPECT_EQ(vp8_sent(ids, vp8_payload(10, 1)).picture_id, 0);
    ids.withhold(Codec::vp8, vp8_payload(11, 1, 2));
    ids.withhold(Codec::vp8, vp8_payload(11, 1, 2));  // its second packet
    EXPECT_EQ(vp8_sent(ids, vp8_payload(12, 1, 1)).picture_id, 1);
    ids.withhold(Codec::vp8, vp8_payload(13, 1, 2));
    EXPECT_EQ(vp8_sent(ids, vp8_payload(14, 2)).picture_id, 2);
    EXPECT_EQ(ids.find(Codec::vp8, vp8_payload(12, 1, 1)).picture_id, 1);
    EXPECT_EQ(ids.find(Codec::vp8, vp8_payload(10, 1)).picture_id, 0);
    ids.switch_source();
    EXPECT_EQ(vp8_sent(ids, vp8_payload(900, 7)).picture_id, 3);
}

TEST(PictureIds, OfVp9GoOnToo) {
    PictureIds ids;
    auto sent = [&](ByteVector payload) {
        PictureIds::apply(Codec::vp9, payload, ids.forward(Codec::vp9, payload));
        const auto d = vp9::parse_descriptor(payload);
        return PictureIds::Ids{d->picture_id, d->tl0_pic_idx};
    };
    EXPECT_EQ(sent(vp9_payload(300, 9)), (PictureIds::Ids{0, 0}));
    EXPECT_EQ(sent(vp9_payload(302, 10)), (PictureIds::Ids{2, 1}))
        << "what is missing stays missing";
    ids.switch_source();
    EXPECT_EQ(sent(vp9_payload(20000, 77)), (PictureIds::Ids{3, 2}));
}

TEST(PictureIds, LeaveOtherPayloadsAlone) {
    PictureIds ids;
    ByteVector without{0x10, 0x01, 0x02};
    EXPECT_EQ(ids.forward(Codec::vp8, without), PictureIds::Ids{});
    EXPECT_EQ(ids.forward(Codec::h264, without), PictureIds::Ids{});
    EXPECT_EQ(ids.forward(Codec::vp8, {}), PictureIds::Ids{});
    PictureIds::apply(Codec::vp8, without, {5, 6});
    EXPECT_EQ(without, (ByteVector{0x10, 0x01, 0x02}));
}

}  // namespace
}  // namespace rivero::codec
