// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtcp/ntp.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace rivero::rtcp {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::system_clock;

system_clock::time_point at(nanoseconds since_1970) {
    return system_clock::time_point{since_1970};
}

TEST(NtpTime, CountsFrom1900) {
    EXPECT_EQ(to_ntp(at(0s)).value, 2'208'988'800ULL << 32);
    EXPECT_EQ(to_ntp(at(500ms)).value, (2'208'988'800ULL << 32) + 0x8000'0000ULL);
}

TEST(NtpTime, WrapsIn2036) {
    const auto last_second = at(std::chrono::seconds{0xffff'ffffULL - 2'208'988'800ULL});
    const NtpTime before = to_ntp(last_second);
    const NtpTime after = to_ntp(last_second + 1s);
    EXPECT_EQ(after.value, 0u);
    EXPECT_EQ(between(before, after), 1s);
    EXPECT_EQ(between(after, before), -1s);
}

TEST(NtpTime, DifferencesAreExactToANanosecond) {
    const NtpTime a = to_ntp(at(1'700'000'000'123'456'789ns));
    const NtpTime b = to_ntp(at(1'700'000'003'000'000'001ns));
    EXPECT_NEAR(static_cast<double>((between(a, b) - 2'876'543'212ns).count()), 0, 1);
    EXPECT_EQ(between(b, a), -between(a, b));
}

TEST(NtpTime, MiddleIsSecondsAndTheirUpperFraction) {
    EXPECT_EQ(NtpTime{0x1122'3344'5566'7788}.middle(), 0x3344'5566u);
}

TEST(ShortNtp, ConvertsAndStaysInRange) {
    EXPECT_EQ(to_short_ntp(1s), 65'536u);
    EXPECT_EQ(to_short_ntp(5250ms), 0x0005'4000u);  // the example of RFC 3550 section 6.4.1
    EXPECT_EQ(from_short_ntp(0x0005'4000), 5250ms);
    EXPECT_EQ(to_short_ntp(-1s), 0u);
    EXPECT_EQ(to_short_ntp(24h), 0xffff'0000u);
}

}  // namespace
}  // namespace rivero::rtcp
