// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace rivero::bwe {

enum class Priority { audio, retransmission, video };

/// Spreads packets over time, so that a key frame does not arrive at a narrow link as one burst: a
/// leaky bucket with a queue per priority. While packets come slower than the rate, and that is
/// nearly always, nothing is ever queued: admit() says yes, and that is all.
///
/// @tparam Item what is needed to send the packet later
template <class Item>
class Pacer {
public:
    struct Settings {
        Duration burst = 5ms;     ///< of the rate: may leave at once
        Duration max_delay = 1s;  ///< full(): what is queued takes longer than this
        std::size_t max_bytes = 2'000'000;
    };
    Pacer() : Pacer{Settings{}} {}
    explicit Pacer(const Settings& settings) : settings_{settings} {}

    /// @param bps 0: no limit
    void set_rate(double bps) { rate_ = bps / 8; }

    /// Whether the packet may leave now; yes counts as sent. Audio always may.
    [[nodiscard]] bool admit(Time now, Priority priority, std::size_t bytes) {
        if (rate_ <= 0 && items_ == 0) return true;
        decay(now);
        if (priority != Priority::audio && (items_ > 0 || debt_ > allowance())) return false;
        debt_ += static_cast<double>(bytes);
        return true;
    }
    /// Keeps what was not admitted.
    /// @return false when there is too much already: whoever checks full() before never sees that
    [[nodiscard]] bool push(Priority priority, std::size_t bytes, Item item) {
        if (bytes_ >= 2 * settings_.max_bytes || items_ >= kMaxItems) return false;
        Queue& queue = queues_[static_cast<std::size_t>(priority)];
        queue.items.push_back({bytes, std::move(item)});
        queue.bytes += bytes;
        bytes_ += bytes;
        ++items_;
        return true;
    }
    /// The next packet that may leave; empty when none may yet. Counts as sent.
    [[nodiscard]] std::optional<Item> pop(Time now) {
        if (items_ == 0) return std::nullopt;
        decay(now);
        if (rate_ > 0 && debt_ > allowance()) return std::nullopt;
        for (Queue& queue : queues_) {
            if (queue.items.empty()) continue;
            Queued first = std::move(queue.items.front());
            queue.items.pop_front();
            queue.bytes -= first.bytes;
            bytes_ -= first.bytes;
            --items_;
            debt_ += static_cast<double>(first.bytes);
            return std::move(first.item);
        }
        return std::nullopt;
    }
    /// When pop() will have something; empty while nothing is queued.
    [[nodiscard]] std::optional<Time> next_deadline(Time now) const {
        if (items_ == 0) return std::nullopt;
        if (rate_ <= 0) return now;
        const double over = debt_ - allowance() / 2;
        return now + std::max<Duration>(std::chrono::duration_cast<Duration>(
                                            std::chrono::duration<double>(over / rate_)),
                                        1ms);
    }
    /// Forgets what the predicate says, e.g. the packets of a stream that has ended.
    template <class Predicate>
    void erase_if(Predicate predicate) {
        for (Queue& queue : queues_) {
            std::erase_if(queue.items, [&](const Queued& queued) {
                if (!predicate(queued.item)) return false;
                queue.bytes -= queued.bytes;
                bytes_ -= queued.bytes;
                --items_;
                return true;
            });
        }
    }

    [[nodiscard]] bool full() const {
        return bytes_ > settings_.max_bytes || items_ >= kMaxItems / 2 ||
               delay() > settings_.max_delay;
    }
    /// How long a packet of this priority that is queued now would wait.
    [[nodiscard]] Duration delay(Priority priority = Priority::video) const {
        if (rate_ <= 0) return Duration{};
        std::size_t before = 0;
        for (std::size_t i = 0; i <= static_cast<std::size_t>(priority); ++i)
            before += queues_[i].bytes;
        return std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(static_cast<double>(before) / rate_));
    }
    [[nodiscard]] std::size_t packets() const { return items_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    /// Each queued item holds a packet, however small what is in it.
    static constexpr std::size_t kMaxItems = 8192;
    struct Queued {
        std::size_t bytes;
        Item item;
    };
    struct Queue {
        std::deque<Queued> items;
        std::size_t bytes = 0;
    };
    [[nodiscard]] double allowance() const {
        return rate_ * std::chrono::duration<double>(settings_.burst).count();
    }
    void decay(Time now) {
        if (last_)
            debt_ =
                std::max(0.0, debt_ - rate_ * std::chrono::duration<double>(now - *last_).count());
        last_ = now;
    }

    Settings settings_;
    double rate_ = 0;  ///< bytes/s
    double debt_ = 0;  ///< bytes that left ahead of the rate
    std::optional<Time> last_;
    std::array<Queue, 3> queues_;
    std::size_t items_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace rivero::bwe
