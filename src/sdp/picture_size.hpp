// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/pixels.hpp"
#include "rivero/rtp/codec.hpp"
#include "sdp/session_description.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace rivero::sdp {

/// How large the pictures are that a peer wants to get, by all that its section says of that:
/// - `max-fs` in a=fmtp, in macroblocks of 16x16: VP8 (RFC 7741 section 6.1), VP9 (RFC 9628
///   section 6.1), H264 (RFC 6184 section 8.1), there instead of the level
/// - the level of H264 in `profile-level-id`, but for 3.1, which browsers state whatever they can
///   decode: docs/decisions/0016-the-size-that-a-receiver-asks-for.md
/// - `recv` of a=imageattr, RFC 6236: the largest of the sizes there
/// - `max-width`, `max-height` and `max-fs` (pixels) of a=rid with `recv`, RFC 8851 section 5: the
///   largest of several, and one side alone stands for both
///
/// What cannot be understood limits nothing.
class PictureSizes {
public:
    /// @param remote must live as long as this
    explicit PictureSizes(const MediaSection& remote);
    /// The largest picture that the peer wants to get in one of its formats, the strictest of what
    /// it says; empty: any.
    [[nodiscard]] std::optional<Pixels> largest(PayloadType type, Codec codec) const;

private:
    void read_image_attribute(std::string_view text);

    const MediaSection& remote_;
    std::vector<std::pair<std::optional<PayloadType>, Pixels>> images_;  ///< without type: all
    std::vector<std::pair<const Rid*, std::optional<Pixels>>> rids_;     ///< with `recv`
};

}  // namespace rivero::sdp
