// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/annexb.hpp"

#include <cstring>

namespace rivero::codec {
namespace {

/// Offset of the 00 00 01, or the size. Looks for the 1, which memchr finds faster than we find
/// zeros.
std::size_t find_start_code(Bytes stream) {
    std::size_t at = 2;
    while (at < stream.size()) {
        auto* one = static_cast<const std::uint8_t*>(
            std::memchr(stream.data() + at, 1, stream.size() - at));
        if (!one) break;
        at = static_cast<std::size_t>(one - stream.data());
        if (stream[at - 1] == 0 && stream[at - 2] == 0) return at - 2;
        ++at;
    }
    return stream.size();
}

Bytes behind(Bytes stream, std::size_t start_code) {
    return start_code < stream.size() ? stream.subspan(start_code + 3) : Bytes{};
}

}  // namespace

AnnexBReader::AnnexBReader(Bytes stream) {
    std::size_t first = find_start_code(stream);
    more_ = first < stream.size();
    rest_ = behind(stream, first);
}

std::optional<Bytes> AnnexBReader::next() {
    while (more_) {
        std::size_t end = find_start_code(rest_);
        Bytes nal = rest_.first(end);
        more_ = end < rest_.size();
        rest_ = behind(rest_, end);
        // The zero of a 4-byte start code and trailing_zero_8bits: a NAL unit never ends in 0.
        while (!nal.empty() && nal.back() == 0) nal = nal.first(nal.size() - 1);
        if (!nal.empty()) return nal;
    }
    return std::nullopt;
}

}  // namespace rivero::codec
