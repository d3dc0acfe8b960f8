// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace rivero {

/// The one time line of the server: CLOCK_MONOTONIC, which is also GStreamer's system clock.
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;

using namespace std::chrono_literals;

}  // namespace rivero
