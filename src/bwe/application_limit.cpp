// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/application_limit.hpp"

#include <algorithm>
#include <chrono>

namespace rivero::bwe {
namespace {

constexpr double kUse = 0.65;  // of the estimate: who sends less than this is limited
constexpr double kWindowSeconds = 0.5;
constexpr double kEnter = 0.8, kLeave = 0.5;

}  // namespace

void ApplicationLimit::on_sent(Time now, std::size_t bytes, double estimate) {
    const double rate = kUse * estimate / 8;
    const double most = rate * kWindowSeconds;
    if (last_) budget_ += rate * std::chrono::duration<double>(now - *last_).count();
    last_ = now;
    budget_ = std::clamp(budget_ - static_cast<double>(bytes), -most, most);
    if (budget_ > kEnter * most) limited_ = true;
    if (budget_ < kLeave * most) limited_ = false;
}

}  // namespace rivero::bwe
