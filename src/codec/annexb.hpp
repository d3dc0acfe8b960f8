// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <array>
#include <optional>

namespace rivero::codec {

inline constexpr std::array<std::uint8_t, 4> kStartCode{0, 0, 0, 1};

/// Walks the NAL units of a byte stream: H.264 and H.265 Annex B. Start codes of 3 and 4 bytes;
/// zero bytes around NAL units belong to nobody.
class AnnexBReader {
public:
    explicit AnnexBReader(Bytes stream);
    /// The next NAL unit, header included, borrowed from the stream; never empty.
    [[nodiscard]] std::optional<Bytes> next();

private:
    Bytes rest_;  ///< begins behind a start code
    bool more_;
};

}  // namespace rivero::codec
