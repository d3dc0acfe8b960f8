// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/assert.hpp"
#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/extension_kind.hpp"
#include "rivero/rtp/frame_dependencies.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace rivero::rtp {

class PacketPool;

/// One RTP packet: what the header said and the payload. Whoever makes it fills it in; from the
/// moment it is pushed into a source it is immutable and shared by all receivers, each of which
/// writes a header of its own.
///
/// Reference-counted without atomics: a packet never leaves the thread of its pool (the RTC
/// worker).
struct Packet {
    static constexpr std::size_t kCapacity = 1600;

    ExtSeqNum seq;  ///< unwrapped by the receiver
    RtpTimestamp timestamp;
    Ssrc ssrc;
    PayloadType payload_type;
    bool marker = false;
    /// First packet of a key frame (of a picture that a decoder can start with). Always true for
    /// audio.
    bool starts_keyframe = false;
    /// Of several encodings of one picture that a source gives at once (simulcast): which one this
    /// is. Each has sequence numbers and timestamps of its own.
    std::uint8_t encoding = 0;
    /// Scalable video: the layer within the encoding, if it says so.
    bool layered = false;
    std::uint8_t spatial_id = 0;
    std::uint8_t temporal_id = 0;
    /// A receiver that has the temporal layers up to `sync_from` can go up to this one here.
    bool layer_sync = false;
    std::uint8_t sync_from = 0;
    bool ends_layer_frame = false;  ///< last packet of the picture in this spatial layer
    /// Who gets a higher spatial layer of this picture can do without this one.
    bool not_for_upper_layers = false;
    FrameDependencies dependencies;  ///< from a dependency descriptor, where there is one
    /// -dBov, 0 (loud) to 127 (silence), and whether it holds voice. RFC 6464.
    std::optional<std::uint8_t> audio_level;
    bool voice = false;
    Time arrival;  ///< when it came in, or when it was made
    /// When the media was captured, on our clock: from sender reports, so that audio and video of
    /// one sender agree. Until the first report is there: the arrival, smoothed. See
    /// clock_sync.hpp.
    Time capture;
    /// When what it carries came into the server, if that was before `arrival`: our own encoders
    /// and packetizers are on the way. Only known while latency is measured.
    std::optional<Time> entered;
    [[nodiscard]] Time entry() const { return entered.value_or(arrival); }

    /// A header extension that goes on to the receivers as it came (video orientation, dependency
    /// descriptor, ...).
    struct Passed {
        ExtensionKind kind{};
        std::uint8_t size = 0;
        std::uint16_t offset = 0;  ///< in the storage
    };
    static constexpr std::size_t kMaxPassed = 6;

    [[nodiscard]] Bytes payload() const { return Bytes{storage_}.subspan(offset_, size_); }
    /// The payload as it came, within an RFC 2198 envelope, for who negotiated that; see red.hpp.
    /// The same as payload() for a packet without redundancy.
    [[nodiscard]] Bytes with_redundancy() const {
        return Bytes{storage_}.subspan(offset_ - redundancy_, size_ + redundancy_);
    }
    [[nodiscard]] bool has_redundancy() const { return redundancy_ != 0; }
    [[nodiscard]] std::span<const Passed> passed() const { return {passed_.data(), passed_count_}; }
    [[nodiscard]] Bytes bytes_of(const Passed& passed) const {
        return Bytes{storage_}.subspan(passed.offset, passed.size);
    }
    /// The element of this kind that goes on; empty when there is none.
    [[nodiscard]] Bytes passed(ExtensionKind kind) const {
        for (const Passed& passed : this->passed())
            if (passed.kind == kind) return bytes_of(passed);
        return {};
    }
    /// Room for the payload, kCapacity bytes. Only before the packet is pushed.
    [[nodiscard]] MutableBytes storage() { return storage_; }
    /// Says which part of the storage is the payload.
    void set_payload(std::size_t offset, std::size_t size) {
        RIVERO_ASSERT(offset + size <= kCapacity, "a payload lies within its packet");
        offset_ = static_cast<std::uint16_t>(offset);
        size_ = static_cast<std::uint16_t>(size);
    }
    /// Says how many bytes in front of the payload belong to its envelope.
    void set_redundancy(std::size_t size) {
        RIVERO_ASSERT(size <= offset_, "an envelope lies within its packet");
        redundancy_ = static_cast<std::uint16_t>(size);
    }
    /// Notes an extension element that lies in the storage; those beyond kMaxPassed are left out.
    void add_passed(ExtensionKind kind, std::size_t offset, std::uint8_t size) {
        RIVERO_ASSERT(offset + size <= kCapacity, "an extension lies within its packet");
        if (passed_count_ == kMaxPassed) return;
        passed_[passed_count_++] = {kind, size, static_cast<std::uint16_t>(offset)};
    }

    Packet(const Packet&) = delete;
    Packet& operator=(const Packet&) = delete;

private:
    Packet() = default;
    friend class PacketPool;
    friend class PacketPtr;
    PacketPool* pool_ = nullptr;
    std::uint32_t references_ = 0;
    std::uint16_t offset_ = 0;
    std::uint16_t size_ = 0;
    std::uint16_t redundancy_ = 0;
    std::uint8_t passed_count_ = 0;
    std::array<Passed, kMaxPassed> passed_;
    std::array<std::uint8_t, kCapacity> storage_;
};

/// Shares a packet. Thread of the pool only.
class PacketPtr {
public:
    PacketPtr() = default;
    explicit PacketPtr(Packet* packet) : packet_{packet} {
        if (packet_) ++packet_->references_;
    }
    PacketPtr(const PacketPtr& other) : PacketPtr{other.packet_} {}
    PacketPtr(PacketPtr&& other) noexcept : packet_{std::exchange(other.packet_, nullptr)} {}
    PacketPtr& operator=(PacketPtr other) noexcept {
        std::swap(packet_, other.packet_);
        return *this;
    }
    ~PacketPtr() { drop(); }

    Packet* operator->() const { return packet_; }
    Packet& operator*() const { return *packet_; }
    [[nodiscard]] Packet* get() const { return packet_; }
    explicit operator bool() const { return packet_ != nullptr; }

private:
    inline void drop();
    Packet* packet_ = nullptr;
};

/// Packets that are used again instead of being freed. What was needed once, at a peak, and not
/// again is given back little by little. Outlives its packets.
class PacketPool {
public:
    /// So many packets that come back are a period: half of what lay unused all through it is
    /// freed.
    static constexpr std::size_t kPeriod = 8192;
    /// @param keep how many unused packets stay allocated
    explicit PacketPool(std::size_t keep = 4096) : keep_{keep} {}
    PacketPool(const PacketPool&) = delete;
    PacketPool& operator=(const PacketPool&) = delete;
    ~PacketPool() { RIVERO_ASSERT(in_use_ == 0, "a packet outlives its pool"); }

    /// An empty packet, to be filled in.
    [[nodiscard]] PacketPtr make() {
        std::unique_ptr<Packet> packet;
        if (free_.empty()) {
            packet.reset(new Packet);  // not make_unique: that would clear the storage
            least_unused_ = 0;
        } else {
            packet = std::move(free_.back());
            free_.pop_back();
            least_unused_ = std::min(least_unused_, free_.size());
        }
        ++in_use_;
        packet->pool_ = this;
        packet->marker = packet->starts_keyframe = packet->voice = false;
        packet->layered = packet->layer_sync = packet->ends_layer_frame = false;
        packet->not_for_upper_layers = false;
        packet->encoding = packet->spatial_id = packet->temporal_id = packet->sync_from = 0;
        packet->dependencies.targets.reset();
        packet->audio_level.reset();
        packet->entered.reset();
        packet->passed_count_ = 0;
        packet->redundancy_ = 0;
        packet->set_payload(0, 0);
        return PacketPtr{packet.release()};
    }
    [[nodiscard]] std::size_t in_use() const { return in_use_; }
    [[nodiscard]] std::size_t unused() const { return free_.size(); }

private:
    friend class PacketPtr;
    void take_back(Packet* packet) {
        --in_use_;
        std::unique_ptr<Packet> owned{packet};
        if (free_.size() < keep_) free_.push_back(std::move(owned));
        if (++came_back_ < kPeriod) return;
        free_.resize(free_.size() - std::min(least_unused_ / 2, free_.size()));
        came_back_ = 0;
        least_unused_ = free_.size();
    }

    std::size_t keep_;
    std::size_t in_use_ = 0;
    std::size_t came_back_ = 0;     ///< in this period
    std::size_t least_unused_ = 0;  ///< in this period
    std::vector<std::unique_ptr<Packet>> free_;
};

inline void PacketPtr::drop() {
    if (packet_ && --packet_->references_ == 0) packet_->pool_->take_back(packet_);
}

}  // namespace rivero::rtp
