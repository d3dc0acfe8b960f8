// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/module.hpp"

#include "passthrough.hpp"

namespace {

using namespace rivero;
using remote::arg;
using remote::doc;
using remote::remote_class;

void declare(Module& module) {
    module.add(
        remote_class<passthrough::PassThrough>("PassThrough",
                                               doc("Hands audio, video and data on as they are. "
                                                   "With setAudioFormat or setVideoFormat it is "
                                                   "where a conversion is asked for."))
            .extends<media::MediaElement>()
            .constructor<media::MediaPipeline&>(arg("mediaPipeline").says("Where it is created.")));
}

}  // namespace

RIVERO_MODULE("passthrough", "1.0.0", declare)
