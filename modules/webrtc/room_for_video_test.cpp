// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "room_for_video.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace rivero::webrtc {
namespace {

TEST(RoomForVideo, AndBackIsTheSameRate) {
    for (const bool audio : {false, true})
        for (const std::int64_t kbps : {100, 400, 2000, 50'000}) {
            const Bitrate link = Bitrate::kbps(kbps);
            EXPECT_NEAR(
                static_cast<double>(whole_for_video(room_for_video(link, audio), audio).bps),
                static_cast<double>(link.bps), 100);
        }
}

TEST(RoomForVideo, OfALinkWithoutLimitIsALot) {
    const Bitrate most{std::numeric_limits<std::int64_t>::max()};
    for (const bool viewer_has_audio : {false, true})
        for (const bool sender_has_audio : {false, true})
            EXPECT_GT(whole_for_video(room_for_video(most, viewer_has_audio), sender_has_audio),
                      Bitrate::kbps(900'000));
}

}  // namespace
}  // namespace rivero::webrtc
