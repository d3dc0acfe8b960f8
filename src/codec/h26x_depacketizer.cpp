// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/h264.hpp"
#include "codec/h265.hpp"
#include "codec/inspect.hpp"
#include "codec/video_depacketizer.hpp"

#include <array>

namespace rivero::codec {
namespace {

/// What H264 and H265 share: NAL units, some of them in fragments, become an Annex B stream.
class NalDepacketizer : public VideoDepacketizer {
protected:
    explicit NalDepacketizer(Codec codec) : codec_{codec} {}

    struct Fragment {
        bool start = false;
        bool end = false;
        std::array<std::uint8_t, h265::kHeaderSize> header{};
        std::size_t header_size = 0;
        Bytes bytes;  ///< behind the header of the NAL unit
    };
    [[nodiscard]] bool add_nal(Bytes nal, ByteVector& frame) {
        if (in_fragment_) return false;
        append_all(kStartCode, frame);
        append_all(nal, frame);
        note(nal[0]);
        return true;
    }
    [[nodiscard]] bool add_fragment(const Fragment& fragment, ByteVector& frame) {
        if (fragment.start == in_fragment_) return false;
        if (fragment.start) {
            append_all(kStartCode, frame);
            append_all(Bytes{fragment.header}.first(fragment.header_size), frame);
            note(fragment.header[0]);
        }
        append_all(fragment.bytes, frame);
        in_fragment_ = !fragment.end;
        return true;
    }

    static constexpr unsigned kSpsBit = 1;
    static constexpr unsigned kPpsBit = 2;
    static constexpr unsigned kVpsBit = 4;
    struct Kind {
        bool picture = false;
        bool random_access = false;  ///< a picture at which a decoder can begin
        unsigned parameter_set = 0;  ///< a bit for each type that must stand before key frames
    };
    [[nodiscard]] virtual Kind kind(std::uint8_t first_byte) const = 0;

private:
    static void append_all(Bytes from, ByteVector& to) {
        to.insert(to.end(), from.begin(), from.end());
    }
    void note(std::uint8_t first_byte) {
        Kind k = kind(first_byte);
        picture_ = picture_ || k.picture;
        random_access_ = random_access_ || k.random_access;
        parameter_sets_ |= k.parameter_set;
        usual_sets_ |= k.parameter_set;  // even if the rest of this frame is lost
    }

    void begin_frame(bool after_gap) final {
        after_gap_ = after_gap;
        in_fragment_ = picture_ = random_access_ = false;
        parameter_sets_ = 0;
    }
    [[nodiscard]] bool can_begin(Bytes payload) const final {
        PayloadInfo info = inspect(codec_, payload);
        return info.valid && info.starts_frame;
    }
    [[nodiscard]] bool has_picture() const final { return picture_; }
    [[nodiscard]] bool finish(ByteVector& /*frame*/) final {
        // A sender that put parameter sets before its last key frame has done so before this one,
        // too: they were in the gap.
        bool lost_sets = after_gap_ && random_access_ && (usual_sets_ & ~parameter_sets_) != 0;
        if (is_keyframe() && !lost_sets) usual_sets_ = parameter_sets_;
        return !in_fragment_ && !lost_sets;
    }
    /// With an SPS, too: the recovery points of an encoder that has no IDR pictures but the first.
    [[nodiscard]] bool is_keyframe() const final {
        return random_access_ || (parameter_sets_ & kSpsBit) != 0;
    }

    Codec codec_;
    unsigned usual_sets_ = 0;  ///< what key frames have of Kind::parameter_set
    bool in_fragment_ = false;
    bool after_gap_ = false;
    bool picture_ = false;
    bool random_access_ = false;
    unsigned parameter_sets_ = 0;  ///< what this frame has
};

class H264Depacketizer final : public NalDepacketizer {
public:
    H264Depacketizer() : NalDepacketizer{Codec::h264} {}

private:
    [[nodiscard]] Kind kind(std::uint8_t first_byte) const override {
        std::uint8_t type = h264::nal_type(first_byte);
        unsigned set = type == h264::kSps ? kSpsBit : type == h264::kPps ? kPpsBit : 0;
        return {h264::is_vcl(type), type == h264::kIdr, set};
    }

    // Single NAL unit, STAP-A (24): |header|size 16|NAL|size|NAL..., FU-A (28):
    // |F|NRI| 28 |S|E|R|type| fragment. RFC 6184 sections 5.6 to 5.8.
    [[nodiscard]] bool append(Bytes payload, ByteVector& frame) override {
        std::uint8_t type = h264::nal_type(payload[0]);
        if (type == h264::kStapA) {
            ByteReader in{payload.subspan(1)};
            while (in.remaining() > 0) {
                Bytes nal = in.take(in.u16());
                if (!in.ok() || (!nal.empty() && !add_nal(nal, frame))) return false;
            }
            return payload.size() > 1;
        }
        if (type == h264::kFuA) {
            if (payload.size() < 3) return false;
            std::uint8_t fu = payload[1];
            auto header = static_cast<std::uint8_t>((payload[0] & 0xe0) | h264::nal_type(fu));
            return add_fragment(
                {(fu & 0x80) != 0, (fu & 0x40) != 0, {header}, 1, payload.subspan(2)}, frame);
        }
        return type >= 1 && type < h264::kStapA && add_nal(payload, frame);
    }
};

class H265Depacketizer final : public NalDepacketizer {
public:
    H265Depacketizer() : NalDepacketizer{Codec::h265} {}

private:
    [[nodiscard]] Kind kind(std::uint8_t first_byte) const override {
        std::uint8_t type = h265::nal_type(first_byte);
        unsigned set = type == h265::kSps   ? kSpsBit
                       : type == h265::kPps ? kPpsBit
                       : type == h265::kVps ? kVpsBit
                                            : 0;
        return {h265::is_vcl(type), h265::is_irap(type), set};
    }

    // Single NAL unit, AP (48): |header 16|size 16|NAL|size|NAL..., FU (49):
    // |header 16|S|E|type 6| fragment. RFC 7798 section 4.4, without DONL.
    [[nodiscard]] bool append(Bytes payload, ByteVector& frame) override {
        if (payload.size() <= h265::kHeaderSize) return false;
        std::uint8_t type = h265::nal_type(payload[0]);
        if (type == h265::kAggregation) {
            ByteReader in{payload.subspan(h265::kHeaderSize)};
            while (in.remaining() > 0) {
                Bytes nal = in.take(in.u16());
                if (!in.ok() || nal.size() < h265::kHeaderSize || !add_nal(nal, frame))
                    return false;
            }
            return true;
        }
        if (type == h265::kFragment) {
            if (payload.size() < 4) return false;
            std::uint8_t fu = payload[2];
            auto first = static_cast<std::uint8_t>((payload[0] & 0x81) | (fu & 0x3f) << 1);
            return add_fragment(
                {(fu & 0x80) != 0, (fu & 0x40) != 0, {first, payload[1]}, 2, payload.subspan(3)},
                frame);
        }
        return type < h265::kAggregation && add_nal(payload, frame);
    }
};

}  // namespace

std::unique_ptr<Depacketizer> make_h264_depacketizer() {
    return std::make_unique<H264Depacketizer>();
}
std::unique_ptr<Depacketizer> make_h265_depacketizer() {
    return std::make_unique<H265Depacketizer>();
}

}  // namespace rivero::codec
