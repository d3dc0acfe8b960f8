// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/io_loop.hpp"
#include "rivero/base/thread_loop.hpp"
#include "rivero/media/flow.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace rivero::media {

class Node;

/// What all sources and sinks of a media host share. Lives as long as the host.
struct Graph {
    explicit Graph(Loop& w) : worker{w}, flow{w} {}
    /// Worker. From now on packets are handed out at the end of the loop's turn: each receiver then
    /// gets all that came for it in one go, while its state lies in the processor's cache. Before,
    /// and without this: at once.
    void hand_out_by_turns(IoLoop& loop);
    /// Worker. Ends that and all timers.
    void stop();

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

private:
    friend class Node;
    void hand_out();

    std::unique_ptr<IoLoop::Registration> turn_end_;  // of the worker
    std::vector<Node*> with_packets_;                 // of the worker: have something to hand out
};

}  // namespace rivero::media
