// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/keyframe_gate.hpp"

namespace rivero::gst {

KeyframeGate::Verdict KeyframeGate::admit(const Frame& frame) {
    if (frame.keyframe) {
        open_ = true;
        asked_.reset();
    } else if (frame.discontinuity) {
        open_ = false;
    }
    if (open_) return {.pass = true, .ask = false};
    ++dropped_;
    bool ask = !asked_ || frame.pts - *asked_ >= ask_every_ || frame.pts < *asked_;
    if (ask) asked_ = frame.pts;
    return {.pass = false, .ask = ask};
}

}  // namespace rivero::gst
