// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container.hpp"
#include "rivero/rtp/codec.hpp"

#include <memory>
#include <vector>

namespace rivero::recorder {

enum class FileFormat { webm, mkv, mp4 };

/// What a recording contains: the `mediaProfile` of the API, taken apart.
struct Profile {
    FileFormat format = FileFormat::webm;
    bool audio = true;
    bool video = true;
};

/// Codecs that this profile records as they come, the best first; empty when it does not record
/// this kind of media. What is not in the list is transcoded to the first.
[[nodiscard]] std::vector<Codec> accepted(const Profile& profile, MediaType kind);

[[nodiscard]] std::unique_ptr<Container> make_container(FileFormat format, Output& output);

}  // namespace rivero::recorder
