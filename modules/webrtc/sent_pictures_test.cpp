// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sent_pictures.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace rivero::webrtc {
namespace {

/// @param received number and time since the reference
rtcp::TransportFeedback feedback(int base, int count, std::int32_t reference,
                                 std::initializer_list<std::pair<int, int>> received) {
    rtcp::TransportFeedback f;
    f.base = SeqNum{static_cast<std::uint16_t>(base)};
    f.count = static_cast<std::uint16_t>(count);
    f.reference_time = reference;
    for (const auto& [seq, ms] : received)
        f.received.push_back(
            {SeqNum{static_cast<std::uint16_t>(seq)}, std::chrono::milliseconds{ms}});
    return f;
}

TEST(SentPictures, SeesAPictureThatCameLate) {
    SentPictures pictures;
    EXPECT_FALSE(pictures.measured());
    int number = 65'500;
    std::int32_t reference = 0x7ffff0;  // it wraps on the way
    for (int i = 0; i < 40; ++i, ++number, ++reference) {
        pictures.on_sent(SeqNum{static_cast<std::uint16_t>(number)},
                         RtpTimestamp{3000U * static_cast<std::uint32_t>(i)});
        const std::int32_t wrapped = (reference + 0x800000) % 0x1000000 - 0x800000;
        pictures.on_feedback(feedback(number, 1, wrapped, {{number, 5}}));
    }
    EXPECT_EQ(pictures.freezes().pictures(), 40u);
    EXPECT_EQ(pictures.freezes().freezes(), 0u);
    // 320 ms instead of 64: lost, and repaired by a packet with a number of its own.
    pictures.on_sent(SeqNum{static_cast<std::uint16_t>(number)}, RtpTimestamp{120'000});
    const std::int32_t wrapped = (reference + 0x800000) % 0x1000000 - 0x800000;
    pictures.on_feedback(feedback(number, 1, wrapped, {}));
    EXPECT_EQ(pictures.freezes().pictures(), 40u);
    pictures.on_sent(SeqNum{static_cast<std::uint16_t>(number + 1)}, RtpTimestamp{120'000});
    pictures.on_feedback(feedback(number + 1, 1, wrapped, {{number + 1, 256 + 5}}));
    EXPECT_EQ(pictures.freezes().pictures(), 41u);
    EXPECT_EQ(pictures.freezes().freezes(), 1u);
    EXPECT_EQ(pictures.freezes().frozen(), 320ms);
}

TEST(SentPictures, TakesOneFeedbackForManyAndNothingTwice) {
    SentPictures pictures;
    for (int i = 0; i < 10; ++i)
        pictures.on_sent(SeqNum{static_cast<std::uint16_t>(10 + 2 * i)},
                         RtpTimestamp{static_cast<std::uint32_t>(3000 * i)});
    const auto all = feedback(0, 40, 0, {{10, 1}, {11, 2}, {12, 3}, {14, 4}, {28, 9}, {39, 20}});
    pictures.on_feedback(all);
    EXPECT_EQ(pictures.freezes().pictures(), 4u);
    pictures.on_feedback(all);
    EXPECT_EQ(pictures.freezes().pictures(), 4u);
    pictures.on_feedback(feedback(0, 40, 1, {{16, 1}}));
    EXPECT_EQ(pictures.freezes().pictures(), 4u) << "an old picture that nobody waits for any more";
}

}  // namespace
}  // namespace rivero::webrtc
