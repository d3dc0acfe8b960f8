// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/channel.hpp"
#include "host/dispatcher.hpp"
#include "host/module_loader.hpp"
#include "host/run_host.hpp"
#include "rivero/base/thread_pool.hpp"
#include "rivero/gst/glib_loop.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/media/pipeline.hpp"
#include "rivero/remote/registry.hpp"

#include <optional>
#include <vector>

namespace rivero::host {

/// One media host: the RTC worker, the strands, the classes and the objects. Members die in the
/// reverse order.
class MediaHost {
public:
    MediaHost(int fd, const HostOptions& options);
    ~MediaHost();
    MediaHost(const MediaHost&) = delete;
    MediaHost& operator=(const MediaHost&) = delete;

    /// Serves until the gateway is gone or wants the end.
    void run();

private:
    void send_hello();

    gst::GlibLoop worker_;
    media::Graph graph_;
    media::Services services_;
    remote::Registry registry_;
    std::vector<LoadedModule> modules_;
    Channel channel_;
    std::optional<ThreadPool> pool_;
    Dispatcher dispatcher_;
};

}  // namespace rivero::host
