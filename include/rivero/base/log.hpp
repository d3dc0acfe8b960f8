// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace rivero {

/// The logger of a topic (`rtp`, `module.player`), made at its first use; all write to standard
/// error. Any thread. Look it up once and keep it: the look-up takes a lock.
[[nodiscard]] std::shared_ptr<spdlog::logger> log_topic(const std::string& topic);

/// Sets levels from a list such as `info,rtp=debug,module.player=trace`; unknown words are an error
/// text, else empty.
[[nodiscard]] std::string set_log_levels(const std::string& levels);

/// Put before every line of this process, e.g. `host 2`.
void set_log_process(const std::string& name);

}  // namespace rivero
