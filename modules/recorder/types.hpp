// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/types.hpp"

/// Complex types and events of RecorderEndpoint, spelled as clients know them.
namespace rivero::recorder {

enum class MediaProfile {
    webm,
    mkv,
    mp4,
    webm_video_only,
    webm_audio_only,
    mkv_video_only,
    mkv_audio_only,
    mp4_video_only,
    mp4_audio_only,
    jpeg_video_only,
    kurento_split_recorder,
    flv
};
inline auto describe(remote::Identity<MediaProfile>) {
    using P = MediaProfile;
    return remote::Enumeration<P>{"MediaProfileSpecType",
                                  "Container and kinds of media of a recording.",
                                  {{P::webm, "WEBM"},
                                   {P::mkv, "MKV"},
                                   {P::mp4, "MP4"},
                                   {P::webm_video_only, "WEBM_VIDEO_ONLY"},
                                   {P::webm_audio_only, "WEBM_AUDIO_ONLY"},
                                   {P::mkv_video_only, "MKV_VIDEO_ONLY"},
                                   {P::mkv_audio_only, "MKV_AUDIO_ONLY"},
                                   {P::mp4_video_only, "MP4_VIDEO_ONLY"},
                                   {P::mp4_audio_only, "MP4_AUDIO_ONLY"},
                                   {P::jpeg_video_only, "JPEG_VIDEO_ONLY"},
                                   {P::kurento_split_recorder, "KURENTO_SPLIT_RECORDER"},
                                   {P::flv, "FLV"}},
                                  "kurento",
                                  "elements"};
}

struct RecordingStarted {};  // `Recording` on the wire; here that is the class that writes the file
inline auto describe(remote::Identity<RecordingStarted>) {
    return remote::structure<RecordingStarted>(
        "Recording", "The first media is in the file, or recording goes on after a pause.");
}
struct Paused {};
inline auto describe(remote::Identity<Paused>) {
    return remote::structure<Paused>("Paused", "Media is ignored until record() is called again.");
}
struct Stopped {};
inline auto describe(remote::Identity<Stopped>) {
    return remote::structure<Stopped>("Stopped", "The file is complete and closed.");
}

}  // namespace rivero::recorder
