// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "jsonrpc/framer.hpp"

#include "rivero/base/assert.hpp"

namespace rivero::jsonrpc {
namespace {

constexpr std::size_t kHeader = 4;

}  // namespace

std::string make_frame(std::string_view text) {
    RIVERO_ASSERT(!text.empty() && text.size() <= kMaxFrame, "a frame holds 1 byte to 64 MiB");
    std::string frame;
    frame.reserve(kHeader + text.size());
    for (int shift = 24; shift >= 0; shift -= 8)
        frame.push_back(static_cast<char>(text.size() >> shift & 0xff));
    frame += text;
    return frame;
}

void FrameReader::feed(Bytes bytes) {
    if (lost_) return;
    // Moves the rest to the front when at least half was handed out, so that each byte moves once
    // on average.
    if (read_ > 0 && read_ >= buffer_.size() / 2) {
        buffer_.erase(0, read_);
        read_ = 0;
    }
    buffer_ += as_text(bytes);
}

Parsed<std::optional<std::string>> FrameReader::next() {
    if (lost_) return failure(ParseError::bad_length);
    ByteReader reader{as_bytes(buffer_).subspan(read_)};
    const std::size_t length = reader.u32();
    if (!reader.ok()) return std::nullopt;
    if (length == 0 || length > max_frame_) {
        lost_ = true;
        buffer_.clear();
        buffer_.shrink_to_fit();
        return failure(ParseError::bad_length);
    }
    if (reader.remaining() < length) return std::nullopt;
    std::string text{as_text(reader.take(length))};
    read_ += kHeader + length;
    if (read_ == buffer_.size()) {
        // A single huge answer must not pin its memory for the life of the connection.
        if (buffer_.capacity() > std::size_t{1} << 20) buffer_.shrink_to_fit();
        buffer_.clear();
        read_ = 0;
    }
    return text;
}

}  // namespace rivero::jsonrpc
