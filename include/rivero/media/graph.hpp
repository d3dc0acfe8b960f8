// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"
#include "rivero/base/thread_loop.hpp"
#include "rivero/media/flow.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstddef>
#include <string>

namespace rivero::media {

/// What all sources and sinks of a media host share. Lives as long as the host.
struct Graph {
    explicit Graph(Loop& w) : worker{w}, flow{w} {}
    Loop& worker;             ///< the RTC worker
    rtp::PacketPool packets;  ///< of the worker
    FlowMonitor flow;         ///< of the worker
    /// Where pipelines of GStreamer come to their end: it waits for their threads, which the worker
    /// must not.
    ThreadLoop reaper{"gst-reaper"};
    std::string h264_encoder = "x264";  ///< or `openh264`
    std::size_t mtu = 1200;             ///< bytes of an RTP packet that we make
    /// What came since the last key frame is kept for who comes late, up to these; of each source
    /// and encoding. No time: none of it.
    std::size_t kept_picture_bytes = 1'000'000;
    Duration kept_picture_time = 1s;
};

}  // namespace rivero::media
