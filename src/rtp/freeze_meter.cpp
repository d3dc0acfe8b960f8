// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/freeze_meter.hpp"

#include <algorithm>

namespace rivero::rtp {

void FreezeMeter::on_picture(Time at) {
    ++pictures_;
    if (!last_) {
        last_ = at;
        return;
    }
    const Duration interval = std::max<Duration>(at - *last_, Duration::zero());
    last_ = std::max(*last_, at);
    const std::size_t known = std::min(count_, kMean);
    // Of the first few the mean says nothing.
    if (known >= kMean / 3) {
        const Duration mean = sum_ / static_cast<int>(known);
        if (interval >= std::max<Duration>(3 * mean, mean + 150ms)) {
            ++freezes_;
            frozen_ += interval;
        }
    }
    Duration& place = intervals_[count_++ % kMean];
    sum_ += interval - place;
    place = interval;
}

}  // namespace rivero::rtp
