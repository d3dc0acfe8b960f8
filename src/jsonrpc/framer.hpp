// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rivero::jsonrpc {

/// The most that one frame may hold. A KMD descriptor or an SDP is a thousand times smaller.
inline constexpr std::size_t kMaxFrame = 64u << 20;

/// A JSON text as it travels between gateway and media host:
///
///      0                   1                   2                   3
///     +---------------------------------------------------------------+
///     |        length of the text in bytes, big-endian, >= 1          |
///     +---------------------------------------------------------------+
///     |                  the text, UTF-8 ...                          |
///
/// @param text at most kMaxFrame bytes, not empty
[[nodiscard]] std::string make_frame(std::string_view text);

/// Cuts a stream of bytes into the texts that make_frame() put into it.
class FrameReader {
public:
    explicit FrameReader(std::size_t max_frame = kMaxFrame) : max_frame_{max_frame} {}

    /// Takes what the socket gave. Memory grows with what really came, not with what a length field
    /// promises.
    void feed(Bytes bytes);
    /// The next whole text, empty when more bytes are needed.
    /// @return ParseError::bad_length for an empty or too long frame: the stream is lost then, and
    ///         every later call gives the same
    [[nodiscard]] Parsed<std::optional<std::string>> next();

private:
    std::size_t max_frame_;
    std::string buffer_;
    std::size_t read_ = 0;  ///< bytes of buffer_ that next() has handed out
    bool lost_ = false;
};

}  // namespace rivero::jsonrpc
