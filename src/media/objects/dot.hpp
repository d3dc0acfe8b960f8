// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/element.hpp"

#include <string>
#include <vector>

namespace rivero::media {

/// Draws elements, what they make for whom, and their connections, in the DOT language. Strand of the elements; the
/// answer comes when the worker has looked at the format trees.
[[nodiscard]] remote::Future<std::string> draw(const std::string& title, std::vector<MediaElement*> elements);

/// Writes a picture into the directory that GST_DEBUG_DUMP_DOT_DIR names; nothing without one.
void dump(const std::string& title, remote::Future<std::string> picture);

}  // namespace rivero::media
