// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/extensions.hpp"

#include <chrono>

namespace rivero::rtp {
namespace {

/// By ExtensionKind.
constexpr std::array<std::string_view, kExtensionKinds> kUris{
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:3gpp:video-orientation",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
    "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
};
static_assert(!kUris.back().empty(), "each kind has its URI");

constexpr std::size_t index(ExtensionKind kind) {
    return static_cast<std::size_t>(kind);
}

/// The elements of one outgoing header, with room for the values of those that we make.
class ElementList {
public:
    explicit ElementList(const ExtensionMap& map) : map_{map} {}

    void add(ExtensionKind kind, Bytes data) {
        const auto id = map_.id(kind);
        if (!id || data.size() > 255 || count_ == elements_.size()) return;
        const bool one_byte = *id <= 14 && !data.empty() && data.size() <= 16;
        if (!one_byte && !map_.two_byte_allowed) return;
        elements_[count_++] = {*id, data};
    }
    void add_text(ExtensionKind kind, std::string_view text) {
        if (!text.empty()) add(kind, as_bytes(text));
    }
    void add_number(ExtensionKind kind, std::uint32_t value, std::size_t bytes) {
        if (used_ + bytes > values_.size()) return;
        const MutableBytes place = MutableBytes{values_}.subspan(used_, bytes);
        used_ += bytes;
        for (std::size_t i = bytes; i > 0; --i, value >>= 8)
            place[i - 1] = static_cast<std::uint8_t>(value);
        add(kind, place);
    }
    [[nodiscard]] std::span<const ExtensionElement> elements() const {
        return {elements_.data(), count_};
    }

private:
    const ExtensionMap& map_;
    std::array<ExtensionElement, kExtensionKinds + Packet::kMaxPassed> elements_;
    std::size_t count_ = 0;
    std::array<std::uint8_t, 16> values_{};
    std::size_t used_ = 0;
};

}  // namespace

std::string_view uri(ExtensionKind kind) {
    return kUris[index(kind)];
}

std::optional<ExtensionKind> extension_from_uri(std::string_view uri) {
    for (std::size_t i = 0; i < kUris.size(); ++i)
        if (kUris[i] == uri) return static_cast<ExtensionKind>(i);
    return std::nullopt;
}

bool passes_through(ExtensionKind kind) {
    return kind >= ExtensionKind::video_orientation;
}

bool ExtensionMap::add(ExtensionKind kind, std::uint8_t id) {
    if (id == 0 || id == 15 || ids_[index(kind)] != 0 || this->kind(id)) return false;
    ids_[index(kind)] = id;
    if (id > 15) two_byte_allowed = true;
    return true;
}

std::optional<std::uint8_t> ExtensionMap::id(ExtensionKind kind) const {
    const std::uint8_t id = ids_[index(kind)];
    if (id == 0) return std::nullopt;
    return id;
}

std::optional<ExtensionKind> ExtensionMap::kind(std::uint8_t id) const {
    for (std::size_t i = 0; i < ids_.size(); ++i)
        if (ids_[i] == id && id != 0) return static_cast<ExtensionKind>(i);
    return std::nullopt;
}

Extensions read_extensions(const HeaderView& header, const ExtensionMap& map) {
    Extensions found;
    auto reader = header.extensions();
    while (const auto element = reader.next()) {
        const auto kind = map.kind(element->id);
        if (!kind) continue;
        const Bytes data = element->data;
        ByteReader value{data};
        switch (*kind) {
            case ExtensionKind::mid:
                found.mid = as_text(data);
                break;
            case ExtensionKind::rtp_stream_id:
                found.rid = as_text(data);
                break;
            case ExtensionKind::repaired_rtp_stream_id:
                found.repaired_rid = as_text(data);
                break;
            case ExtensionKind::abs_send_time:
                if (data.size() == 3) found.abs_send_time = value.u24();
                break;
            case ExtensionKind::transport_wide_cc:
                // Version 02 adds two bytes behind; its URI is another, but it does no harm.
                if (data.size() >= 2) found.transport_seq_num = SeqNum{value.u16()};
                break;
            case ExtensionKind::audio_level:
                if (!data.empty())
                    found.audio_level = AudioLevel{static_cast<std::uint8_t>(data[0] & 0x7f),
                                                   (data[0] & 0x80) != 0};
                break;
            default:
                if (found.passed_count < found.passed.size() && data.size() <= 255)
                    found.passed[found.passed_count++] = {*kind, data};
        }
    }
    return found;
}

std::uint32_t to_abs_send_time(Time time) {
    using namespace std::chrono;
    const auto since = duration_cast<nanoseconds>(time.time_since_epoch());
    // 64 s first, so that the shift by 18 bits cannot overflow.
    const auto nanos = static_cast<std::uint64_t>((since % 64s).count());
    return static_cast<std::uint32_t>((nanos << 18) / 1'000'000'000) & 0xffffff;
}

std::size_t write_header(MutableBytes to, const HeaderFields& fields, const ExtensionMap& map,
                         const OutgoingExtensions& extensions) {
    ElementList list{map};
    list.add_text(ExtensionKind::mid, extensions.mid);
    list.add_text(ExtensionKind::rtp_stream_id, extensions.rid);
    list.add_text(ExtensionKind::repaired_rtp_stream_id, extensions.repaired_rid);
    if (extensions.abs_send_time)
        list.add_number(ExtensionKind::abs_send_time, *extensions.abs_send_time, 3);
    if (extensions.transport_seq_num)
        list.add_number(ExtensionKind::transport_wide_cc, extensions.transport_seq_num->value, 2);
    if (extensions.audio_level) {
        const auto& [level, voice] = *extensions.audio_level;
        list.add_number(ExtensionKind::audio_level, (voice ? 0x80U : 0U) | (level & 0x7fU), 1);
    }
    if (extensions.passed_from) {
        for (const auto& passed : extensions.passed_from->passed()) {
            const bool replaced = passed.kind == ExtensionKind::dependency_descriptor &&
                                  !extensions.dependency_descriptor.empty();
            list.add(passed.kind, replaced ? extensions.dependency_descriptor
                                           : extensions.passed_from->bytes_of(passed));
        }
    }
    return write_header(to, fields, list.elements());
}

}  // namespace rivero::rtp
