// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transport/udp/socket_address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace rivero::transport {

/// Whose packets come from an address: open addressing, at most half full, looked at once for each
/// packet. Grows with what is put in; who puts in sets the bounds.
class AddressTable {
public:
    [[nodiscard]] std::optional<std::uint32_t> find(const SocketAddress& address) const {
        if (slots_.empty()) return std::nullopt;
        for (std::size_t i = address.hash();; ++i) {
            const Slot& slot = slots_[i & mask()];
            if (!slot.used) return std::nullopt;
            if (slot.address == address) return slot.owner;
        }
    }
    /// Replaces what was there.
    void insert(const SocketAddress& address, std::uint32_t owner) {
        if (2 * (size_ + 1) > slots_.size()) grow();
        std::size_t i = address.hash();
        while (slots_[i & mask()].used && slots_[i & mask()].address != address) ++i;
        Slot& slot = slots_[i & mask()];
        if (!slot.used) ++size_;
        slot = {address, owner, true};
    }
    void erase(const SocketAddress& address) {
        if (slots_.empty()) return;
        std::size_t i = address.hash() & mask();
        while (slots_[i].used && slots_[i].address != address) i = (i + 1) & mask();
        if (!slots_[i].used) return;
        --size_;
        // Those behind move up, so that no search ends too early.
        for (std::size_t k = (i + 1) & mask(); slots_[k].used; k = (k + 1) & mask()) {
            const std::size_t home = slots_[k].address.hash() & mask();
            if (((k - home) & mask()) < ((k - i) & mask())) continue;
            slots_[i] = slots_[k];
            i = k;
        }
        slots_[i].used = false;
    }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    struct Slot {
        SocketAddress address;
        std::uint32_t owner = 0;
        bool used = false;
    };
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    void grow() {
        auto old =
            std::exchange(slots_, std::vector<Slot>(slots_.empty() ? 64 : 2 * slots_.size()));
        size_ = 0;
        for (const Slot& slot : old)
            if (slot.used) insert(slot.address, slot.owner);
    }
    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace rivero::transport
