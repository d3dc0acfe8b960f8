// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/packetizer.hpp"

#include <algorithm>
#include <memory>

namespace rivero::codec {

/// Cuts `bytes` into as few parts of at most `limit` as possible, all of about the same size (a
/// last packet of a few bytes costs as much as a full one, and bursts of equal packets pace
/// better). Calls f(part, first, last).
template <class F>
void split_evenly(Bytes bytes, std::size_t limit, F f) {
    std::size_t parts = (bytes.size() + limit - 1) / limit;
    bool first = true;
    for (; parts > 0; --parts) {
        Bytes part = bytes.first((bytes.size() + parts - 1) / parts);
        bytes = bytes.subspan(part.size());
        f(part, first, parts == 1);
        first = false;
    }
}

[[nodiscard]] std::unique_ptr<Packetizer> make_vp8_packetizer(std::uint16_t first_picture_id);
[[nodiscard]] std::unique_ptr<Packetizer> make_vp9_packetizer(std::uint16_t first_picture_id);
[[nodiscard]] std::unique_ptr<Packetizer> make_h264_packetizer();
[[nodiscard]] std::unique_ptr<Packetizer> make_h265_packetizer();
[[nodiscard]] std::unique_ptr<Packetizer> make_av1_packetizer();

}  // namespace rivero::codec
