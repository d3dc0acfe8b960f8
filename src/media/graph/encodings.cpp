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
// A longer one is a pause, and not what is usual: it must not hide for long that an encoding ends.
constexpr Duration kLongestGap = 2s;
// Farther back is no late packet: the sender counts anew.
constexpr std::int32_t kLatest = -90000 * 10;

}  // namespace

Encodings::Encodings(std::size_t count) : count_{std::clamp<std::size_t>(count, 1, kMax)} {}

void Encodings::on_packet(Time now, std::size_t encoding, std::size_t bytes,
                          RtpTimestamp timestamp) {
    if (encoding >= count_ || bytes == 0) return;
    Encoding& e = encodings_[encoding];
    if (!window_) window_ = now;
    if (!e.flows) {
        if (!e.heard || now - *e.heard > kSilence) {
            e.bps = 0;
            e.measured = false;
        } else {
            e.misjudged = now;
        }
        e.flows = true;
        e.since = now;
        e.bytes = 0;
        changed_ = true;
    }
    const bool begins = note_picture(e, now, timestamp);
    e.heard = now;
    e.bytes += bytes;
    if (begins) leave_silent(now, encoding);
}

bool Encodings::note_picture(Encoding& e, Time now, RtpTimestamp timestamp) {
    if (e.heard) {
        const auto ahead = distance(e.picture, timestamp);
        if (ahead <= 0 && ahead > kLatest) return false;
        const Duration gap = std::min<Duration>(now - e.began.front(), kLongestGap);
        e.gap += (gap - e.gap) / 4;
    }
    e.picture = timestamp;
    std::shift_right(e.began.begin(), e.began.end(), 1);
    e.began.front() = now;
    return true;
}

void Encodings::leave_silent(Time now, std::size_t by) {
    const Encoding& other = encodings_[by];
    for (std::size_t i = 0; i < count_; ++i) {
        Encoding& e = encodings_[i];
        if (!e.flows) continue;
        const Duration silent = now - *e.heard;
        // Senders begin with the best one when they have to give one up.
        const bool trusted = (e.misjudged && now - *e.misjudged < kTrusted) || better(by, i);
        if (silent <= std::max<Duration>(trusted ? kSilence : kBehind, e.gap * kMissedGaps))
            continue;
        const auto pictures = silent > kSilence ? kPicturesBehind - 1 : kPicturesBehind;
        // Where all paused, one of them is the first to be back.
        if (other.began[pictures - 1] <= *e.heard) continue;
        e.flows = false;
        changed_ = true;
    }
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
        const double bps = static_cast<double>(e.bytes) * 8 / seconds;
        // The window in which it began is not a whole one, and one without a picture is no
        // beginning. Where each is a pause, for pictures come so seldom, the first has to do.
        if (e.since <= *window_ && (e.measured ? !paused : e.bytes > 0)) {
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
