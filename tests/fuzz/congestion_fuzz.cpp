// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/controller.hpp"
#include "bwe/receive_side.hpp"
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "rivero/rtp/twcc_recorder.hpp"

using namespace rivero;

namespace {

/// As the parser gives it: what came in order of numbers, within what it speaks of.
rtcp::TransportFeedback feedback_of(fuzz::Input& in, SeqNum newest) {
    rtcp::TransportFeedback f;
    f.base = SeqNum{static_cast<std::uint16_t>(newest.value - in.u16() % 512)};
    f.count = in.below(8) == 0 ? in.u16() : static_cast<std::uint16_t>(in.below(256));
    f.reference_time = static_cast<std::int32_t>(in.u32() << 8) >> 8;
    std::chrono::microseconds offset{0};
    std::uint32_t place = 0;
    for (std::size_t n = in.below(64); n > 0 && place < f.count; --n) {
        offset += rtcp::TransportFeedback::kDeltaUnit * static_cast<std::int16_t>(in.u16());
        f.received.push_back({SeqNum{static_cast<std::uint16_t>(f.base.value + place)}, offset});
        place += 1 + static_cast<std::uint32_t>(in.below(4));
    }
    return f;
}

}  // namespace

// What a peer says of what it got, and what it writes into what it sends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    constexpr bwe::Controller::Settings kSettings;
    bwe::Controller controller{kSettings};
    controller.set_wanted(Bitrate::kbps(5000));
    bwe::ReceiveSide receive_side{Bitrate::kbps(300)};
    rtp::TwccRecorder recorder{Ssrc{1}};
    Time now{100s};
    SeqNum newest{0};
    for (int steps = 0; in.more() && steps < 2000; ++steps) {
        switch (in.below(8)) {
            case 0:
                now += std::chrono::milliseconds{in.u16()};
                break;
            case 1:
                for (std::size_t n = in.below(32); n > 0; --n, now += 1ms)
                    newest = controller.on_sent(now, 1200);
                break;
            case 2:
                controller.on_feedback(now, feedback_of(in, newest));
                break;
            case 3:
                controller.on_remb(Bitrate{static_cast<std::int64_t>(in.u32()) * 1000});
                break;
            case 4:
                for (auto due = controller.padding_due(now, true); due > 0;
                     due -= std::min<std::size_t>(due, 1200))
                    newest = controller.on_sent(now, 1200);
                break;
            case 5:
                receive_side.on_packet(now, in.u32() & 0xffffff, in.u8() * 8U);
                break;
            case 6:
                recorder.on_packet(now, SeqNum{in.u16()}, Ssrc{2});
                break;
            default:
                for (const auto& told : recorder.poll(now)) {
                    RIVERO_ASSERT(told.received.size() <= told.count, "no more came than there is");
                    for (std::size_t i = 1; i < told.received.size(); ++i)
                        RIVERO_ASSERT(distance(told.received[i - 1].seq, told.received[i].seq) > 0,
                                      "in order of numbers");
                }
        }
        RIVERO_ASSERT(controller.estimate() <= kSettings.max, "the estimate stays in its bounds");
        if (const auto told = receive_side.estimate())
            RIVERO_ASSERT(told->bps > 0, "nobody is told to send nothing");
    }
    return 0;
}
