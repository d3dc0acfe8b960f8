// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/flow.hpp"

#include <algorithm>

namespace rivero::media {

FlowMeter::~FlowMeter() {
    if (monitor_) monitor_->remove(*this);
}

void FlowMeter::start(FlowMonitor& monitor) {
    monitor_ = &monitor;
    seen_ = buffers_;
    monitor.add(*this);
    if (on_change) on_change(true);
}

void FlowMeter::reset() {
    if (!monitor_) return;
    monitor_->remove(*this);
    monitor_ = nullptr;
    if (on_change) on_change(false);
}

void FlowMonitor::add(FlowMeter& meter) {
    meters_.push_back(&meter);
    if (!timer_.armed()) timer_ = worker_.post_after(kPeriod, [this] { tick(); });
}

void FlowMonitor::remove(FlowMeter& meter) {
    std::erase(meters_, &meter);
}

void FlowMonitor::tick() {
    for (FlowMeter* meter : std::vector<FlowMeter*>{meters_}) {
        // A handler may have ended another meter.
        if (std::find(meters_.begin(), meters_.end(), meter) == meters_.end()) continue;
        if (meter->seen_ == meter->buffers_) {
            meter->reset();
        } else {
            meter->seen_ = meter->buffers_;
        }
    }
    timer_ = meters_.empty() ? Timer{} : worker_.post_after(kPeriod, [this] { tick(); });
}

}  // namespace rivero::media
