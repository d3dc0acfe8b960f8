// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "transport/udp/socket_address.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace rivero::transport {

/// Where the kernel segments no datagrams (UDP_SEGMENT, EIO): the way there goes through IPsec or a
/// tunnel without checksum offload. Others are spared what it costs, and routes change: each
/// refusal holds for kHolds. More destinations than kMax mean that it is the machine, and then none
/// is tried for as long.
class SegmentationRefusals {
public:
    static constexpr std::size_t kMax = 64;
    static constexpr Duration kHolds = 60s;

    void add(const SocketAddress& to, Time now) {
        if (!allows(to, now)) return;
        if (refused_.size() >= kMax) {
            refused_.clear();
            all_until_ = now + kHolds;
        } else {
            refused_.push_back({to, now + kHolds});
        }
    }
    /// @param to whatever its port
    [[nodiscard]] bool allows(const SocketAddress& to, Time now) {
        if (now < all_until_) return false;
        all_until_ = {};
        std::erase_if(refused_, [now](const Refusal& one) { return now >= one.until; });
        return std::none_of(refused_.begin(), refused_.end(),
                            [&to](const Refusal& one) { return one.to.ip == to.ip; });
    }
    /// Nothing was refused, or all of it is long ago and forgotten: nobody need ask.
    [[nodiscard]] bool none() const { return refused_.empty() && all_until_ == Time{}; }

private:
    struct Refusal {
        SocketAddress to;
        Time until;
    };
    std::vector<Refusal> refused_;
    Time all_until_{};
};

}  // namespace rivero::transport
