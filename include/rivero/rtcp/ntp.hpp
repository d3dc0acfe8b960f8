// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace rivero::rtcp {

/// Wall-clock time in 1/2^32 s since 1900-01-01. RFC 3550 section 4. Zero means "not known".
struct NtpTime {
    std::uint64_t value{};

    friend constexpr auto operator<=>(NtpTime, NtpTime) = default;

    /// The middle 32 bits (1/65536 s), which come back as LSR. RFC 3550 section 6.4.1.
    [[nodiscard]] constexpr std::uint32_t middle() const {
        return static_cast<std::uint32_t>(value >> 16);
    }
};

[[nodiscard]] NtpTime to_ntp(std::chrono::system_clock::time_point wall_clock);

/// From `from` to `to`, right across the roll-over of 2036; exact to a nanosecond.
[[nodiscard]] std::chrono::nanoseconds between(NtpTime from, NtpTime to);

/// The short form of LSR and DLSR: 1/65536 s, at most 18.2 hours.
[[nodiscard]] std::uint32_t to_short_ntp(std::chrono::nanoseconds duration);
[[nodiscard]] std::chrono::nanoseconds from_short_ntp(std::uint32_t units);

}  // namespace rivero::rtcp
