// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/encodings.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rivero::media {
namespace {

constexpr Duration kWindow = 500ms;
constexpr double kStay = 1.15;   // of the limit: the one that he has may take as much
constexpr double kEnter = 0.95;  // another one must not take more than this

}  // namespace

Encodings::Encodings(std::size_t count) : count_{std::clamp<std::size_t>(count, 1, kMax)} {}

void Encodings::on_packet(Time now, std::size_t encoding, std::size_t bytes) {
    if (encoding >= count_) return;
    Encoding& e = encodings_[encoding];
    if (!window_) window_ = now;
    if (!e.flows) {
        e = Encoding{.size = e.size, .heard = now, .flows = true, .since = now};
        changed_ = true;
    }
    e.heard = now;
    e.bytes += bytes;
}

void Encodings::set_size(std::size_t encoding, std::uint32_t width, std::uint32_t height) {
    if (encoding >= count_) return;
    // Whom it suits may be others now: before its key frame is handed out.
    if (std::exchange(encodings_[encoding].size, area(width, height)) != area(width, height))
        changed_ = true;
}

bool Encodings::poll(Time now) {
    bool due = std::exchange(changed_, false);
    if (!window_ || now - *window_ < kWindow) return due;
    // Nothing came for a while, or there would have been a window before.
    const bool paused = now - *window_ > kSilence + kWindow;
    const double seconds = std::chrono::duration<double>(now - *window_).count();
    for (std::size_t i = 0; i < count_; ++i) {
        Encoding& e = encodings_[i];
        if (!e.flows) continue;
        if (now - *e.heard > kSilence) {
            e.flows = e.measured = false;
            continue;
        }
        const double bps = static_cast<double>(e.bytes) * 8 / seconds;
        // The window in which it began is not a whole one.
        if (e.since <= *window_ && !(paused && e.measured)) {
            e.bps = e.measured ? (e.bps + bps) / 2 : bps;
            e.measured = true;
        }
        e.bytes = 0;
    }
    window_ = now;
    return true;
}

bool Encodings::better(std::size_t a, std::size_t b) const {
    const Encoding &x = encodings_[a], &y = encodings_[b];
    const bool known[] = {x.size != Pixels{}, y.size != Pixels{}};
    if (x.size != y.size && known[0] && known[1]) return x.size > y.size;
    if (!known[0] && !known[1] && x.measured && y.measured && x.bps != y.bps) return x.bps > y.bps;
    return a > b;
}

bool Encodings::too_large(std::size_t encoding, std::optional<Pixels> size) const {
    if (!size) return false;
    if (encodings_[encoding].size != Pixels{}) return encodings_[encoding].size > *size;
    for (std::size_t i = 0; i < count_; ++i)
        if (encodings_[i].flows && encodings_[i].size > *size && better(encoding, i)) return true;
    return false;
}

std::uint8_t Encodings::choose(const ReceiveLimit& limit, std::uint8_t current) const {
    std::optional<std::size_t> best, least;
    for (std::size_t i = 0; i < count_; ++i) {
        const Encoding& e = encodings_[i];
        if (!e.flows) continue;
        if (!least || better(*least, i)) least = i;
        if (too_large(i, limit.size)) continue;
        if (limit.rate) {
            const double allowed =
                static_cast<double>(limit.rate->bps) * (i == current ? kStay : kEnter);
            if (i != current && !e.measured) continue;
            if (e.bps > allowed) continue;
        }
        if (!best || better(i, *best)) best = i;
    }
    if (best) return static_cast<std::uint8_t>(*best);
    return least ? static_cast<std::uint8_t>(*least) : current;
}

Bitrate Encodings::rate(std::size_t encoding) const {
    if (!flows(encoding)) return {};
    return Bitrate{static_cast<std::int64_t>(encodings_[encoding].bps)};
}

Bitrate Encodings::best_rate(std::optional<Pixels> size) const {
    std::optional<Bitrate> best, least;
    for (std::size_t i = 0; i < count_; ++i) {
        if (!flows(i)) continue;
        least = std::min(least.value_or(rate(i)), rate(i));
        if (!too_large(i, size)) best = std::max(best.value_or(rate(i)), rate(i));
    }
    return best.value_or(least.value_or(Bitrate{}));
}

}  // namespace rivero::media
