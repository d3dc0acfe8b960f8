// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/rtcp/packets.hpp"

#include <cstddef>

namespace rivero::rtcp {

/// Each writes one RTCP packet, header included, to the start of `to`.
/// @return its size, a multiple of four; 0 when it does not fit, or has more items than its format
///         can say (then `to` holds rubbish)
[[nodiscard]] std::size_t write(MutableBytes to, const SenderReport& report);
[[nodiscard]] std::size_t write(MutableBytes to, const ReceiverReport& report);
[[nodiscard]] std::size_t write(MutableBytes to, const SourceDescription& description);
[[nodiscard]] std::size_t write(MutableBytes to, const Bye& bye);
[[nodiscard]] std::size_t write(MutableBytes to, const GenericNack& nack);
[[nodiscard]] std::size_t write(MutableBytes to, const TransportFeedback& feedback);
[[nodiscard]] std::size_t write(MutableBytes to, const PictureLoss& pli);
[[nodiscard]] std::size_t write(MutableBytes to, const FullIntraRequest& fir);
[[nodiscard]] std::size_t write(MutableBytes to, const Remb& remb);
[[nodiscard]] std::size_t write(MutableBytes to, const Message& message);

/// Strings packets together into one datagram.
class CompoundBuilder {
public:
    /// @param buffer borrowed; as large as the datagram may become, SRTCP trailer not included
    explicit CompoundBuilder(MutableBytes buffer) : buffer_{buffer} {}

    /// @return false when it does not fit any more: nothing is added then
    template <class T>
    [[nodiscard]] bool add(const T& packet) {
        const std::size_t size = write(buffer_.subspan(used_), packet);
        used_ += size;
        return size > 0;
    }
    [[nodiscard]] bool empty() const { return used_ == 0; }
    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] Bytes datagram() const { return buffer_.first(used_); }

private:
    MutableBytes buffer_;
    std::size_t used_ = 0;
};

}  // namespace rivero::rtcp
