// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/keyframe_gate.hpp"

#include <gtest/gtest.h>

namespace rivero::gst {
namespace {

Frame frame(int ms, bool keyframe, bool discontinuity = false) {
    Frame f;
    f.pts = Time{} + std::chrono::milliseconds{ms};
    f.keyframe = keyframe;
    f.discontinuity = discontinuity;
    return f;
}

struct Seen {
    bool pass;
    bool ask;
    friend bool operator==(Seen, Seen) = default;
};
Seen admit(KeyframeGate& gate, const Frame& f) {
    auto v = gate.admit(f);
    return {v.pass, v.ask};
}

TEST(KeyframeGate, AsksOnceUntilAKeyFrameComes) {
    KeyframeGate gate{500ms};
    EXPECT_EQ(admit(gate, frame(0, false)), (Seen{false, true}));
    EXPECT_EQ(admit(gate, frame(33, false)), (Seen{false, false}));
    EXPECT_EQ(admit(gate, frame(66, true)), (Seen{true, false}));
    EXPECT_EQ(admit(gate, frame(99, false)), (Seen{true, false}));
    EXPECT_EQ(gate.dropped(), 2u);
}

TEST(KeyframeGate, AsksAgainWhenNobodyAnswers) {
    KeyframeGate gate{500ms};
    EXPECT_TRUE(gate.admit(frame(0, false)).ask);
    EXPECT_FALSE(gate.admit(frame(499, false)).ask);
    EXPECT_TRUE(gate.admit(frame(500, false)).ask);
    EXPECT_FALSE(gate.admit(frame(900, false)).ask);
}

TEST(KeyframeGate, ClosesBehindAHole) {
    KeyframeGate gate;
    EXPECT_TRUE(gate.admit(frame(0, true)).pass);
    EXPECT_EQ(admit(gate, frame(33, false, true)), (Seen{false, true}));
    EXPECT_EQ(admit(gate, frame(66, true, true)), (Seen{true, false}));
    gate.close();
    EXPECT_EQ(admit(gate, frame(99, false)), (Seen{false, true}));
}

}  // namespace
}  // namespace rivero::gst
