// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>

namespace rivero::transport {

/// The streams of an association in one direction, by SSRC.
///
/// SSRCs come and go for as long as a peer renegotiates. When `most` are there, those give way that
/// have been silent for kMinIdle; what remains of each is its `Stream::Memory`, from which it goes
/// on when it comes back: with its roll-over counter, and with every index spent that was used
/// before (RFC 3711 section 3.2.3, 3.3.2; section 9.1: never two packets with one index and key).
/// No memory is ever thrown away. An association that has had `most` and `most_memories` streams
/// gets no more of them; another one has other keys.
///
/// Silence is told without a clock per packet: a stream is idle when one whole period of kMinIdle,
/// as pass_time() tells them, went by without it.
template <class Stream>
class StreamTable {
public:
    using Memory = typename Stream::Memory;
    static constexpr Duration kMinIdle = std::chrono::minutes{1};
    static constexpr std::size_t kMostMemories = 65536;

    explicit StreamTable(std::size_t most, std::size_t most_memories = kMostMemories)
        : most_{most}, most_memories_{most_memories} {}

    /// To be called now and then, at best more often than once in kMinIdle.
    void pass_time(Time now) {
        if (now - period_began_ < kMinIdle) return;
        period_began_ = now;
        ++period_;
    }

    /// A stream that is not forgotten, or null. Valid until the next make().
    [[nodiscard]] Stream* find(Ssrc ssrc) {
        if (last_ && last_ssrc_ == ssrc) return last_;
        auto place = streams_.find(ssrc);
        if (place == streams_.end()) return nullptr;
        last_ssrc_ = ssrc;
        last_ = &place->second;
        return last_;
    }
    /// It is not silent. For authentic packets only: others would keep it here.
    void touch(Stream& stream) { static_cast<Entry&>(stream).used = period_; }

    /// What is left of a stream that is forgotten, or null.
    [[nodiscard]] const Memory* memory(Ssrc ssrc) const {
        auto place = memories_.find(ssrc);
        return place == memories_.end() ? nullptr : &place->second;
    }

    /// A new stream, or a forgotten one from its memory; for an SSRC that find() does not know.
    /// Null when there is no room.
    [[nodiscard]] Stream* make(Ssrc ssrc) {
        if (streams_.size() >= most_) forget_idle();
        if (streams_.size() >= most_) return nullptr;
        auto remembered = memories_.find(ssrc);
        Entry& entry = remembered == memories_.end()
                           ? streams_.try_emplace(ssrc).first->second
                           : streams_.try_emplace(ssrc, remembered->second).first->second;
        if (remembered != memories_.end()) memories_.erase(remembered);
        touch(entry);
        last_ssrc_ = ssrc;
        last_ = &entry;
        return last_;
    }

    [[nodiscard]] std::size_t size() const { return streams_.size(); }
    [[nodiscard]] std::size_t memories() const { return memories_.size(); }

private:
    struct Entry : Stream {
        using Stream::Stream;
        std::uint32_t used = 0;  ///< the period in which it was
    };

    /// Looks through all streams, but once in a period: none becomes idle within one.
    void forget_idle() {
        if (looked_in_ == period_) return;
        looked_in_ = period_;
        last_ = nullptr;
        for (auto at = streams_.begin(); at != streams_.end();) {
            const bool idle = period_ - at->second.used >= 2;
            if (!idle || memories_.size() >= most_memories_) {
                ++at;
                continue;
            }
            memories_.emplace(at->first, at->second.memory());
            at = streams_.erase(at);
        }
    }

    std::size_t most_;
    std::size_t most_memories_;
    std::unordered_map<Ssrc, Entry> streams_;
    /// A tree: whoever chooses his SSRCs makes no chain of them.
    std::map<Ssrc, Memory> memories_;
    Ssrc last_ssrc_;
    Entry* last_ = nullptr;
    Time period_began_{};
    std::uint32_t period_ = 0;
    std::uint32_t looked_in_ = 0;
};

}  // namespace rivero::transport
