// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"
#include "rivero/gst/ref.hpp"

#include <string>
#include <string_view>

namespace rivero::gst {

/// Starts GStreamer, once per process; later calls do nothing. Any thread. Everything in src/gst
/// that makes GStreamer objects calls it by itself.
void initialise();

/// What to install for an element that this GStreamer does not have: a sentence with the Debian
/// package, or with the words to search for where we do not know it.
[[nodiscard]] std::string missing_plugin_hint(std::string_view factory);

[[nodiscard]] bool element_exists(const std::string& factory);
/// A new element; the error says which package has it.
[[nodiscard]] Result<Element> make_element(const std::string& factory);

}  // namespace rivero::gst
