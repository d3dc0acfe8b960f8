// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "host/run_host.hpp"

#include "host/media_host.hpp"
#include "rivero/base/log.hpp"
#include "rivero/gst/init.hpp"

namespace rivero::host {

int run_host(int fd, const HostOptions& options) {
    gst::initialise();
    MediaHost host{fd, options};
    host.run();
    return 0;
}

}  // namespace rivero::host
