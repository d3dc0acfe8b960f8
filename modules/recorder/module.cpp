// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/module.hpp"

#include "recorder_endpoint.hpp"

namespace {

using namespace rivero;
using recorder::RecorderEndpoint;
using remote::arg;
using remote::doc;
using remote::remote_class;

/// Recordings that may wait for their disks at one moment without holding up the others.
constexpr std::size_t kFileThreads = 4;

void declare(Module& module) {
    auto files = std::make_shared<ThreadPool>("recorder-files", kFileThreads);
    auto make = [files](remote::ObjectInit init, media::MediaPipeline& pipeline,
                        const std::string& uri, recorder::MediaProfile profile,
                        bool stop_on_end_of_stream) {
        return remote::make_on_strand<RecorderEndpoint>(std::move(init), pipeline, files, uri,
                                                        profile, stop_on_end_of_stream);
    };
    module.add(
        remote_class<RecorderEndpoint>("RecorderEndpoint",
                                       doc("Records what comes in to a file, which stays playable "
                                           "whatever happens to the server."))
            .extends<media::UriEndpoint>()
            .in_module("kurento", "elements")
            .constructor_with<media::MediaPipeline&, std::string, recorder::MediaProfile, bool>(
                make, arg("mediaPipeline").says("Where it is created."),
                arg("uri").says("`file://...`, or a path below the setting uri.defaultPath."),
                (arg("mediaProfile") = "WEBM").says("Container and kinds of media of the file."),
                (arg("stopOnEndOfStream") = false)
                    .says("Whether the end of what is recorded ends the recording."))
            .method("record", &RecorderEndpoint::record,
                    doc("Starts, or goes on after a pause. The Recording event comes with the "
                        "first media."))
            .method("stopAndWait", &RecorderEndpoint::stop_and_wait,
                    doc("Like stop, and answers when the file is complete."))
            .event<recorder::RecordingStarted>()
            .event<recorder::Paused>()
            .event<recorder::Stopped>());
}

}  // namespace

RIVERO_MODULE("recorder", "1.0.0", declare)
