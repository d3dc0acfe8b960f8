// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/h264.hpp"
#include "codec/h265.hpp"
#include "codec/packetizers.hpp"

#include <array>
#include <span>
#include <vector>

namespace rivero::codec {
namespace {

/// What H264 and H265 share: a NAL unit that fits travels alone, parameter sets and SEI that stand
/// side by side travel together, and what is too large in fragments.
class NalPacketizer : public Packetizer {
protected:
    struct Traits {
        bool left_out = false;  ///< access unit delimiters: the marker says the same
        bool picture = false;   ///< the others are small and go well together
        bool keyframe = false;  ///< one that starts a key frame
    };
    using Header = std::array<std::uint8_t, 3>;

    [[nodiscard]] virtual Traits traits(Bytes nal) const = 0;
    [[nodiscard]] virtual std::size_t header_size() const = 0;
    [[nodiscard]] virtual Header aggregation_header(std::span<const Bytes> nals) const = 0;
    /// One byte longer than that of the NAL unit, of which it takes the place.
    [[nodiscard]] virtual Header fragment_header(Bytes nal, bool first, bool last) const = 0;

private:
    bool cut(Bytes frame, bool /*keyframe*/, std::size_t max_payload,
             const PacketSink& sink) override {
        nals_.clear();
        AnnexBReader in{frame};
        while (auto nal = in.next()) {
            if (nal->size() <= header_size() || traits(*nal).left_out) continue;
            nals_.push_back(*nal);
        }
        if (nals_.empty()) return false;

        keyframe_started_ = false;
        std::span<const Bytes> rest{nals_};
        while (!rest.empty()) {
            std::size_t together = count_that_fit(rest, max_payload);
            std::span<const Bytes> nals = rest.first(together);
            rest = rest.subspan(together);
            if (together > 1) {
                send_together(nals, rest.empty(), sink);
            } else if (nals[0].size() <= max_payload) {
                send({nals.data(), 1}, nals[0], rest.empty(), sink);
            } else {
                send_fragments(nals[0], rest.empty(), max_payload, sink);
            }
        }
        return true;
    }

    [[nodiscard]] std::size_t count_that_fit(std::span<const Bytes> nals,
                                             std::size_t max_payload) const {
        std::size_t size = header_size();
        std::size_t count = 0;
        while (count < nals.size() && !traits(nals[count]).picture) {
            size += 2 + nals[count].size();
            if (size > max_payload) break;
            ++count;
        }
        return std::max<std::size_t>(count, 1);
    }

    void send(std::span<const Bytes> pieces, Bytes nal, bool last, const PacketSink& sink) {
        bool start = traits(nal).keyframe && !keyframe_started_;
        keyframe_started_ = keyframe_started_ || start;
        sink({.pieces = pieces, .marker = last, .starts_keyframe = start});
    }

    void send_together(std::span<const Bytes> nals, bool last, const PacketSink& sink) {
        Header header = aggregation_header(nals);
        lengths_.resize(nals.size());
        pieces_.clear();
        pieces_.push_back(Bytes{header}.first(header_size()));
        Bytes starting = nals[0];
        for (std::size_t i = 0; i < nals.size(); ++i) {
            lengths_[i] = {static_cast<std::uint8_t>(nals[i].size() >> 8),
                           static_cast<std::uint8_t>(nals[i].size())};
            pieces_.emplace_back(lengths_[i]);
            pieces_.push_back(nals[i]);
            if (traits(nals[i]).keyframe) starting = nals[i];
        }
        send(pieces_, starting, last, sink);
    }

    void send_fragments(Bytes nal, bool last_nal, std::size_t max_payload, const PacketSink& sink) {
        split_evenly(nal.subspan(header_size()), max_payload - header_size() - 1,
                     [&](Bytes part, bool first, bool last) {
                         Header header = fragment_header(nal, first, last);
                         std::array<Bytes, 2> pieces{Bytes{header}.first(header_size() + 1), part};
                         if (first) {
                             send(pieces, nal, false, sink);
                         } else {
                             sink({.pieces = pieces, .marker = last && last_nal});
                         }
                     });
    }

    // Of the access unit at hand; kept for their memory.
    std::vector<Bytes> nals_;
    std::vector<Bytes> pieces_;
    std::vector<std::array<std::uint8_t, 2>> lengths_;
    bool keyframe_started_ = false;
};

/// packetization-mode 1. RFC 6184 section 6.3.
class H264Packetizer final : public NalPacketizer {
    [[nodiscard]] Traits traits(Bytes nal) const override {
        std::uint8_t type = h264::nal_type(nal[0]);
        return {type == h264::kAud || type == 0 || type >= h264::kStapA, h264::is_vcl(type),
                type == h264::kSps || type == h264::kIdr};
    }
    [[nodiscard]] std::size_t header_size() const override { return 1; }
    // F is set if any is, NRI is the largest. RFC 6184 section 5.7.
    [[nodiscard]] Header aggregation_header(std::span<const Bytes> nals) const override {
        std::uint8_t forbidden = 0;
        std::uint8_t importance = 0;
        for (Bytes nal : nals) {
            forbidden |= nal[0] & 0x80;
            importance = std::max<std::uint8_t>(importance, nal[0] & 0x60);
        }
        return {static_cast<std::uint8_t>(forbidden | importance | h264::kStapA)};
    }
    [[nodiscard]] Header fragment_header(Bytes nal, bool first, bool last) const override {
        return {static_cast<std::uint8_t>((nal[0] & 0xe0) | h264::kFuA),
                static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) |
                                          h264::nal_type(nal[0]))};
    }
};

class H265Packetizer final : public NalPacketizer {
    [[nodiscard]] Traits traits(Bytes nal) const override {
        std::uint8_t type = h265::nal_type(nal[0]);
        return {type == h265::kAud || type >= h265::kAggregation, h265::is_vcl(type),
                type == h265::kVps || type == h265::kSps || h265::is_irap(type)};
    }
    [[nodiscard]] std::size_t header_size() const override { return h265::kHeaderSize; }
    // F is set if any is, LayerId and TID are the lowest. RFC 7798 section 4.4.2.
    [[nodiscard]] Header aggregation_header(std::span<const Bytes> nals) const override {
        unsigned forbidden = 0;
        unsigned layer = 0x3f;
        unsigned tid = 7;
        for (Bytes nal : nals) {
            forbidden |= nal[0] & 0x80u;
            layer = std::min<unsigned>(layer, (nal[0] & 1u) << 5 | nal[1] >> 3);
            tid = std::min<unsigned>(tid, nal[1] & 7u);
        }
        return {static_cast<std::uint8_t>(forbidden | h265::kAggregation << 1 | layer >> 5),
                static_cast<std::uint8_t>(layer << 3 | tid)};
    }
    [[nodiscard]] Header fragment_header(Bytes nal, bool first, bool last) const override {
        return {static_cast<std::uint8_t>((nal[0] & 0x81) | h265::kFragment << 1), nal[1],
                static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) |
                                          h265::nal_type(nal[0]))};
    }
};

}  // namespace

std::unique_ptr<Packetizer> make_h264_packetizer() {
    return std::make_unique<H264Packetizer>();
}
std::unique_ptr<Packetizer> make_h265_packetizer() {
    return std::make_unique<H265Packetizer>();
}

}  // namespace rivero::codec
