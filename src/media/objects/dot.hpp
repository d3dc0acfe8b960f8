// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/element.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rivero::media {

/// Draws elements with their inputs, the format trees of what they give, whom these serve, and the
/// connections that wait for media; in the DOT language. What is connected with them but not among
/// them is drawn as a name. Strand of the elements; the answer comes when the worker has looked at
/// the trees.
/// @param whole what the picture is of: its title
[[nodiscard]] remote::Future<std::string> draw(const MediaObject& whole,
                                               std::vector<MediaElement*> elements,
                                               std::optional<GstreamerDotDetails> details);

/// Writes a picture to `ID.dot` in the directory that GST_DEBUG_DUMP_DOT_DIR names.
/// MEDIA_OBJECT_OPERATION_NOT_SUPPORTED when it names none, UNEXPECTED_ERROR when the file cannot
/// be written.
[[nodiscard]] remote::Future<remote::Done> dump(
    const MediaObject& whole, Graph& graph,
    const std::function<remote::Future<std::string>()>& picture);

}  // namespace rivero::media
