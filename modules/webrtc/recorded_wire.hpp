// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "send_control.hpp"
#include "transport/srtp/srtp_sender.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace rivero::webrtc {

/// For tests: keeps what would be encrypted and sent.
struct RecordedWire final : Outlet {
    MutableBytes room() override { return buffer; }
    bool send(MutableBytes room, std::size_t size, Bytes rest) override {
        EXPECT_LE(size + rest.size() + transport::SrtpSender::kRtpOverhead, room.size());
        auto& packet =
            packets.emplace_back(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
        packet.insert(packet.end(), rest.begin(), rest.end());
        return true;
    }
    std::array<std::uint8_t, 2048> buffer{};
    std::vector<ByteVector> packets;
};

}  // namespace rivero::webrtc
