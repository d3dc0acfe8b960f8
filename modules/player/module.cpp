// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/module.hpp"

#include "player_endpoint.hpp"

namespace {

using namespace rivero;
using player::PlayerEndpoint;
using remote::arg;
using remote::doc;
using remote::remote_class;

void declare(Module& module) {
    module.add(
        remote_class<PlayerEndpoint>(
            "PlayerEndpoint",
            doc("Plays media from a file, over HTTP or RTSP into the pipeline, in real time."))
            .extends<media::UriEndpoint>()
            .in_module("kurento", "elements")
            .constructor<media::MediaPipeline&, std::string, bool, int>(
                arg("mediaPipeline").says("Where it is created."),
                arg("uri").says("`file://`, `http://`, `https://` or `rtsp://`, or a path below "
                                "the setting uri.defaultPath."),
                (arg("useEncodedMedia") = false)
                    .says("Accepted for compatibility: media leaves as it is in the file, and is "
                          "decoded for those who need it."),
                (arg("networkCache") = 2000)
                    .says("How much is buffered of what comes over a network, in ms."))
            .method("play", &PlayerEndpoint::play,
                    doc("Starts, or goes on after a pause. What cannot be opened comes as Error."))
            .read_only("videoInfo", &PlayerEndpoint::get_video_info,
                       doc("What is known about the media; zeros before it is open."))
            .read_only("elementGstreamerDot", &PlayerEndpoint::get_element_gstreamer_dot,
                       doc("A picture of what opens the media, in the DOT language."))
            .property("position", &PlayerEndpoint::get_position, &PlayerEndpoint::set_position,
                      doc("Media time in ms. Setting it jumps there; PLAYER_SEEK_FAIL when the "
                          "source cannot seek or is not open."))
            .event<player::EndOfStream>());
}

}  // namespace

RIVERO_MODULE("player", "1.0.0", declare)
