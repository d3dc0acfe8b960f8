// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/av1.hpp"
#include "codec/inspect.hpp"
#include "codec/video_depacketizer.hpp"

#include <array>

namespace rivero::codec {
namespace {

class Av1Depacketizer final : public VideoDepacketizer {
    void begin_frame(bool /*after_gap*/) override {
        fragment_.clear();
        in_fragment_ = sequence_header_ = picture_ = keyframe_ = false;
    }
    [[nodiscard]] bool can_begin(Bytes payload) const override {
        PayloadInfo info = inspect(Codec::av1, payload);
        return info.valid && info.starts_frame;
    }
    [[nodiscard]] bool append(Bytes payload, ByteVector& frame) override {
        av1::ElementReader in{payload};
        while (auto element = in.next()) {
            if (element->continued != in_fragment_) return false;
            in_fragment_ = element->continues;
            if (element->continued || element->continues) {
                if (frame.size() + fragment_.size() + element->bytes.size() > kMaxFrameSize)
                    return false;
                fragment_.insert(fragment_.end(), element->bytes.begin(), element->bytes.end());
                if (element->continues) continue;
                if (!add_obu(fragment_, frame)) return false;
                fragment_.clear();
            } else if (!add_obu(element->bytes, frame)) {
                return false;
            }
        }
        return in.ok();
    }
    [[nodiscard]] bool finish(ByteVector& /*frame*/) override { return !in_fragment_; }
    [[nodiscard]] bool is_keyframe() const override { return keyframe_; }

    /// Appends it with a size field: the low-overhead bitstream format, AV1 section 5.2.
    [[nodiscard]] bool add_obu(Bytes bytes, ByteVector& frame) {
        if (bytes.empty()) return true;
        auto obu = av1::parse_obu(bytes);
        if (!obu || obu->size != bytes.size()) return false;
        if (av1::stays_out_of_rtp(obu->type)) return true;
        if (obu->type == av1::kSequenceHeader) sequence_header_ = true;
        if (av1::begins_picture(obu->type)) {
            if (!picture_) keyframe_ = sequence_header_ && av1::is_keyframe(obu->payload);
            picture_ = true;
        }
        frame.push_back(obu->header | av1::kHasSize);
        if (obu->extension) frame.push_back(*obu->extension);
        std::array<std::uint8_t, 10> size{};
        std::size_t digits = av1::write_leb128(obu->payload.size(), size.data());
        frame.insert(frame.end(), size.begin(), size.begin() + static_cast<std::ptrdiff_t>(digits));
        frame.insert(frame.end(), obu->payload.begin(), obu->payload.end());
        return true;
    }

    ByteVector fragment_;       ///< of an OBU that goes on in the next packet
    bool in_fragment_ = false;  ///< even if fragment_ is still empty
    bool sequence_header_ = false;
    bool picture_ = false;
    bool keyframe_ = false;
};

}  // namespace

std::unique_ptr<Depacketizer> make_av1_depacketizer() {
    return std::make_unique<Av1Depacketizer>();
}

}  // namespace rivero::codec
