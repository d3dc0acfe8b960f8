// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/picture_meter.hpp"

#include <algorithm>
#include <utility>

namespace rivero::rtp {

void PictureMeter::begin(std::int64_t seq) {
    // What came of the new beginning stays.
    const std::int64_t from = next_ ? std::max(*next_, end_ - kWindow) : end_;
    for (std::int64_t old = from; old < std::min(seq, end_); ++old) slot(old) = Slot::missing;
    next_ = seq;
    end_ = std::max(end_, seq);
}

void PictureMeter::on_packet(Time now, ExtSeqNum seq, bool first_of_keyframe,
                             bool last_of_picture) {
    const std::int64_t number = seq.value;
    if (!next_) {
        end_ = number;
        begin(number);
    } else if (number < *next_) {
        return;  // of a picture that was given up, or whole before
    } else if (first_of_keyframe || number - *next_ >= kWindow) {
        begin(number);
    }
    slot(number) = last_of_picture ? Slot::last_of_picture : Slot::there;
    end_ = std::max(end_, number + 1);
    for (; *next_ < end_ && slot(*next_) != Slot::missing; ++*next_)
        if (std::exchange(slot(*next_), Slot::missing) == Slot::last_of_picture)
            freezes_.on_picture(now);
}

}  // namespace rivero::rtp
