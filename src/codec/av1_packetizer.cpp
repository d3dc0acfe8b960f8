// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/av1.hpp"
#include "codec/packetizers.hpp"

#include <array>
#include <vector>

namespace rivero::codec {
namespace {

class Av1Packetizer final : public Packetizer {
    // Payload: |Z|Y| W |N|, then OBU elements: OBUs without their size field, cut where a packet
    // ends. RTP payload format for AV1, section 4.
    bool cut(Bytes frame, bool keyframe, std::size_t max_payload, const PacketSink& sink) override {
        if (!read_obus(frame)) return false;
        bool starts_sequence = false;
        for (const av1::Obu& obu : obus_)
            starts_sequence = starts_sequence || obu.type == av1::kSequenceHeader;
        starts_sequence_ = starts_sequence && keyframe_.value_or(keyframe);
        continues_ = false;
        elements_.clear();
        room_ = max_payload - 1;

        for (const av1::Obu& obu : obus_) {
            Element element;
            element.head[element.head_size++] =
                obu.header & static_cast<std::uint8_t>(~av1::kHasSize);
            if (obu.extension) element.head[element.head_size++] = *obu.extension;
            element.body = obu.payload;
            // Packets of different layers can be dropped one without the other.
            if (!elements_.empty() && obu.extension && layer_ && layer_ != obu.extension)
                send(sink, max_payload, false, false);
            if (obu.extension) layer_ = obu.extension;
            add(element, max_payload, sink);
        }
        send(sink, max_payload, false, true);
        return true;
    }

    /// A piece of an OBU in the packet that is being filled.
    struct Element {
        std::array<std::uint8_t, 2> head{};
        std::size_t head_size = 0;
        Bytes body;
        std::array<std::uint8_t, 10> length{};
        [[nodiscard]] std::size_t size() const { return head_size + body.size(); }
    };

    [[nodiscard]] bool read_obus(Bytes frame) {
        obus_.clear();
        layer_.reset();
        keyframe_.reset();
        while (!frame.empty()) {
            auto obu = av1::parse_obu(frame);
            if (!obu) return false;
            frame = frame.subspan(obu->size);
            if (av1::stays_out_of_rtp(obu->type)) continue;
            if (av1::begins_picture(obu->type) && !keyframe_)
                keyframe_ = av1::is_keyframe(obu->payload);
            obus_.push_back(*obu);
        }
        return !obus_.empty();
    }

    void add(Element element, std::size_t max_payload, const PacketSink& sink) {
        // To begin an OBU in a few bytes at the end of a packet saves nothing.
        constexpr std::size_t kWorthwhile = 16;
        for (;;) {
            // Each element is counted with its length, although the last one may do without.
            std::size_t whole = av1::leb128_size(element.size()) + element.size();
            if (whole <= room_) {
                room_ -= whole;
                elements_.push_back(element);
                return;
            }
            if (room_ < kWorthwhile) {
                send(sink, max_payload, false, false);
                continue;
            }
            std::size_t part = room_ - av1::leb128_size(room_);
            Element begin = element;
            begin.body = element.body.first(part - element.head_size);
            elements_.push_back(begin);
            send(sink, max_payload, true, false);
            element.body = element.body.subspan(begin.body.size());
            element.head_size = 0;
        }
    }

    /// @param cut_here the last element goes on in the next packet
    void send(const PacketSink& sink, std::size_t max_payload, bool cut_here, bool last) {
        std::size_t count = elements_.size();
        bool counted = count <= 3;
        std::array<std::uint8_t, 1> head{static_cast<std::uint8_t>(
            (continues_ ? 0x80u : 0) | (cut_here ? 0x40u : 0) |
            (counted ? static_cast<unsigned>(count) << 4 : 0) | (starts_sequence_ ? 0x08u : 0))};
        pieces_.clear();
        pieces_.emplace_back(head);
        for (std::size_t i = 0; i < count; ++i) {
            Element& element = elements_[i];
            if (!counted || i + 1 < count)
                pieces_.push_back(Bytes{element.length}.first(
                    av1::write_leb128(element.size(), element.length.data())));
            pieces_.push_back(Bytes{element.head}.first(element.head_size));
            pieces_.push_back(element.body);
        }
        sink({.pieces = pieces_, .marker = last, .starts_keyframe = starts_sequence_});
        elements_.clear();
        room_ = max_payload - 1;
        continues_ = cut_here;
        starts_sequence_ = false;
    }

    // Of the temporal unit at hand; kept for their memory.
    std::vector<av1::Obu> obus_;
    std::vector<Element> elements_;  ///< of the packet that is being filled
    std::vector<Bytes> pieces_;
    std::optional<std::uint8_t> layer_;  ///< of the last OBU that says one
    std::optional<bool> keyframe_;       ///< what the first frame header says
    std::size_t room_ = 0;               ///< bytes left in the packet
    bool continues_ = false;             ///< the packet begins with the rest of an OBU
    bool starts_sequence_ = false;
};

}  // namespace

std::unique_ptr<Packetizer> make_av1_packetizer() {
    return std::make_unique<Av1Packetizer>();
}

}  // namespace rivero::codec
