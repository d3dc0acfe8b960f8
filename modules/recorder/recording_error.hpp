// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace rivero::recorder {

/// Why a recording, or a part of it, does not reach its file.
struct RecordingError {
    enum class Kind {
        open,      ///< the file cannot be made
        write,     ///< the file cannot be written any more
        no_space,  ///< the disk or the quota is full
        stream,    ///< the media is not what this file can hold
    };
    Kind kind;
    std::string message;
};

/// The `type` of the Error event that clients get.
[[nodiscard]] constexpr std::string_view event_type(RecordingError::Kind kind) {
    switch (kind) {
        case RecordingError::Kind::open:
            return "RESOURCE_ERROR_OPEN";
        case RecordingError::Kind::write:
            return "RESOURCE_ERROR_WRITE";
        case RecordingError::Kind::no_space:
            return "RESOURCE_ERROR_NO_SPACE_LEFT";
        case RecordingError::Kind::stream:
            return "STREAM_ERROR_FAILED";
    }
    return "UNEXPECTED_ELEMENT_ERROR";
}

}  // namespace rivero::recorder
