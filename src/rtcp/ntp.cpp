// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtcp/ntp.hpp"

#include <algorithm>
#include <limits>
#include <ratio>

namespace rivero::rtcp {
namespace {

using std::chrono::nanoseconds;

/// From 1900 to 1970: 70 years with 17 leap days.
constexpr std::uint64_t kNtpToUnixSeconds = (70ULL * 365 + 17) * 86'400;

constexpr std::uint64_t kNanosPerSecond = std::nano::den;

/// Rounded, so that a time and its NTP form convert into each other.
std::uint64_t nanos_to_fraction(std::uint64_t nanos) {
    return ((nanos << 32) + kNanosPerSecond / 2) / kNanosPerSecond;
}
std::uint64_t fraction_to_nanos(std::uint64_t fraction) {
    return (fraction * kNanosPerSecond + (1ULL << 31)) >> 32;
}

}  // namespace

NtpTime to_ntp(std::chrono::system_clock::time_point wall_clock) {
    const auto since_1970 =
        std::chrono::duration_cast<nanoseconds>(wall_clock.time_since_epoch()).count();
    const auto nanos = static_cast<std::uint64_t>(std::max<std::int64_t>(since_1970, 0));
    // The seconds wrap in 2036 as the format wants it.
    const std::uint64_t seconds = nanos / kNanosPerSecond + kNtpToUnixSeconds;
    return NtpTime{(seconds << 32) + nanos_to_fraction(nanos % kNanosPerSecond)};
}

nanoseconds between(NtpTime from, NtpTime to) {
    const bool back = static_cast<std::int64_t>(to.value - from.value) < 0;
    const std::uint64_t apart = back ? from.value - to.value : to.value - from.value;
    const std::uint64_t nanos =
        (apart >> 32) * kNanosPerSecond + fraction_to_nanos(apart & 0xffff'ffff);
    return nanoseconds{back ? -static_cast<std::int64_t>(nanos) : static_cast<std::int64_t>(nanos)};
}

std::uint32_t to_short_ntp(nanoseconds duration) {
    constexpr nanoseconds kMax = std::chrono::seconds{65'535};
    const auto nanos =
        static_cast<std::uint64_t>(std::clamp(duration, nanoseconds::zero(), kMax).count());
    return static_cast<std::uint32_t>((nanos << 16) / kNanosPerSecond);
}

nanoseconds from_short_ntp(std::uint32_t units) {
    return nanoseconds{
        static_cast<std::int64_t>((std::uint64_t{units} * kNanosPerSecond + (1U << 15)) >> 16)};
}

}  // namespace rivero::rtcp
