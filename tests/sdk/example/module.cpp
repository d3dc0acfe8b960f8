// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"
#include "switch.hpp"

#include <rivero/media/module.hpp>

namespace {

using rivero::remote::arg;
using rivero::remote::doc;

void declare(rivero::Module& module) {
    module.describe_as("example", "1.2.0");
    module.add(
        rivero::remote::remote_class<example::Counter>(
            "Counter", doc("Counts the frames of video that pass through it."))
            .extends<rivero::media::MediaElement>()
            .in_module("example", "example")
            .constructor<rivero::media::MediaPipeline&, int>(
                arg("mediaPipeline").says("Where it is created."),
                (arg("every") = 25).says("Frames from one Counted event to the next."))
            .property("every", &example::Counter::get_every, &example::Counter::set_every,
                      doc("Frames from one Counted event to the next, 1 or more."))
            .read_only("frames", &example::Counter::frames, doc("Frames since the last reset."))
            .method("reset", &example::Counter::reset, doc("Begins at 0 again."))
            .event<example::Counted>());
    module.add(rivero::remote::remote_class<example::Switch>(
                   "Switch", doc("A hub whose ports all give what comes into one of them."))
                   .extends<rivero::media::Hub>()
                   .in_module("example", "example")
                   .constructor<rivero::media::MediaPipeline&>(
                       arg("mediaPipeline").says("Where it is created."))
                   .method("select", &example::Switch::select,
                           arg("source").says("The port; one of this hub."),
                           doc("Chooses the port that all ports give. CONNECT_ERROR for a port of "
                               "another hub.")));
}

}  // namespace

RIVERO_MODULE("example", "1.2.0", declare)
