// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/types.hpp"

/// Complex types and events of PlayerEndpoint, spelled as clients know them.
namespace rivero::player {

/// `VideoInfo` on the wire.
struct WireVideoInfo {
    bool isSeekable = false;
    std::int64_t seekableInit = 0, seekableEnd = 0, duration = 0;
};
inline auto describe(remote::Identity<WireVideoInfo>) {
    using V = WireVideoInfo;
    return remote::structure<V>(
               "VideoInfo", "What is known about the media that is played, in ms.",
               remote::field("isSeekable", &V::isSeekable, "Whether setPosition works."),
               remote::field("seekableInit", &V::seekableInit,
                             "First position that can be jumped to."),
               remote::field("seekableEnd", &V::seekableEnd,
                             "Last position that can be jumped to."),
               remote::field("duration", &V::duration, "Length; 0 when unknown."))
        .in("kurento", "elements");
}

struct EndOfStream {};
inline auto describe(remote::Identity<EndOfStream>) {
    return remote::structure<EndOfStream>("EndOfStream", "The last frame has left the endpoint.");
}

}  // namespace rivero::player
