// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"

#include <algorithm>

namespace rivero::webrtc {

constexpr Bitrate kRoomForAudio = Bitrate::kbps(50);
/// What headers take of the rate of a link: limits of video are of payloads.
constexpr int kHeadersPart = 25;
/// "No limit", in REMB. More than that a peer says, nothing is calculated with.
constexpr Bitrate kNoLimit = Bitrate::kbps(1'000'000);

/// What of a link's rate is left for the payloads of video.
constexpr Bitrate room_for_video(Bitrate whole, bool audio) {
    whole = std::min(whole, kNoLimit);
    if (audio) whole.bps -= std::min(kRoomForAudio.bps, whole.bps / 4);
    return Bitrate{whole.bps - whole.bps / kHeadersPart};
}

/// The rate of a link that leaves so much for the payloads of video.
constexpr Bitrate whole_for_video(Bitrate video, bool audio) {
    video = std::min(video, kNoLimit);
    video.bps += video.bps / (kHeadersPart - 1);
    if (audio) video.bps += std::min(kRoomForAudio.bps, video.bps / 3);
    return video;
}

}  // namespace rivero::webrtc
