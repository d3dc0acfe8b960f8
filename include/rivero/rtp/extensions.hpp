// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/rtp/header.hpp"
#include "rivero/rtp/packet.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rivero::rtp {

[[nodiscard]] std::string_view uri(ExtensionKind kind);
[[nodiscard]] std::optional<ExtensionKind> extension_from_uri(std::string_view uri);
/// Whether a packet carries the element from its source to its receivers unread (video orientation,
/// dependency descriptor, ...).
[[nodiscard]] bool passes_through(ExtensionKind kind);

/// Which id stands for which extension: one for each direction of a negotiated transport or media
/// section.
class ExtensionMap {
public:
    /// @param id 1..14, or up to 255 where the two-byte form is allowed; 15 is refused (RFC 8285)
    /// @return false when the id or the kind is taken, or the id is out of range
    bool add(ExtensionKind kind, std::uint8_t id);
    [[nodiscard]] std::optional<std::uint8_t> id(ExtensionKind kind) const;
    [[nodiscard]] std::optional<ExtensionKind> kind(std::uint8_t id) const;
    /// a=extmap-allow-mixed, or an id above 14 was negotiated: elements may be longer than 16
    /// bytes. RFC 8285 section 6.
    bool two_byte_allowed = false;
    friend bool operator==(const ExtensionMap&, const ExtensionMap&) = default;

private:
    std::array<std::uint8_t, kExtensionKinds> ids_{};
};

/// RFC 6464.
struct AudioLevel {
    std::uint8_t level = 127;  ///< -dBov: 0 is loud, 127 silence
    bool voice = false;
    friend bool operator==(AudioLevel, AudioLevel) = default;
};

/// The extensions of one received packet that mean something to us; borrows from it.
struct Extensions {
    std::string_view mid;           ///< RFC 8843 section 15; empty when absent
    std::string_view rid;           ///< RFC 8852 section 3.1
    std::string_view repaired_rid;  ///< on RTX: the stream that it repairs; RFC 8852 section 3.2
    std::optional<std::uint32_t> abs_send_time;  ///< 24 bits: 6.18 fixed point seconds
    std::optional<SeqNum> transport_seq_num;
    std::optional<AudioLevel> audio_level;
    /// Others by their kind, as bytes.
    struct Passed {
        ExtensionKind kind{};
        Bytes data;
    };
    std::array<Passed, Packet::kMaxPassed> passed;
    std::size_t passed_count = 0;
};

/// Elements of the wrong size count as absent.
[[nodiscard]] Extensions read_extensions(const HeaderView& header, const ExtensionMap& map);

/// 24 bits of 6.18 fixed point seconds, wraps after 64 s.
/// http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
[[nodiscard]] std::uint32_t to_abs_send_time(Time time);

/// What one packet tells one receiver, as far as the map has an id for it.
struct OutgoingExtensions {
    std::string_view mid;  ///< not sent when empty
    std::string_view rid;
    std::string_view repaired_rid;
    std::optional<std::uint32_t> abs_send_time;
    std::optional<SeqNum> transport_seq_num;
    std::optional<AudioLevel> audio_level;
    const Packet* passed_from = nullptr;  ///< whose pass-through elements go along; may be null
    Bytes dependency_descriptor;          ///< instead of the one of passed_from, unless empty
};

/// Writes a header with those extensions that the receiver negotiated. An element that needs the
/// two-byte form is left out when that is not allowed.
/// @return the size of the header; 0 when it does not fit
[[nodiscard]] std::size_t write_header(MutableBytes to, const HeaderFields& fields,
                                       const ExtensionMap& map,
                                       const OutgoingExtensions& extensions);

}  // namespace rivero::rtp
