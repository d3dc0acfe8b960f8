// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace rivero {

/// Something that fails in normal life: what happened, in a sentence that names the thing and the
/// value.
struct Error {
    std::string message;
};

/// A value, or why there is none. Functions that return it are marked [[nodiscard]].
template <class T, class E = Error>
using Result = tl::expected<T, E>;

/// Why bytes from a peer could not be read. The caller drops and counts.
enum class ParseError {
    too_short,    ///< ends before the structure does
    bad_length,   ///< a length field contradicts the size
    bad_version,  ///< version or magic is not ours
    bad_value,    ///< a field holds what the specification does not allow
    unsupported,  ///< well-formed, but not for us
    unauthenticated,
};

/// A value read from a peer's bytes.
template <class T>
using Parsed = tl::expected<T, ParseError>;

[[nodiscard]] inline tl::unexpected<Error> failure(std::string message) {
    return tl::unexpected<Error>{Error{std::move(message)}};
}
[[nodiscard]] inline tl::unexpected<ParseError> failure(ParseError error) {
    return tl::unexpected<ParseError>{error};
}

}  // namespace rivero
