// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/inspect.hpp"

#include "codec/av1.hpp"
#include "codec/h264.hpp"
#include "codec/h265.hpp"
#include "codec/vp8.hpp"
#include "codec/vp9.hpp"

#include <algorithm>

namespace rivero::codec {
namespace {

template <class Integer>
void set_size(PayloadInfo& info, Integer width, Integer height) {
    constexpr Integer kLargest = 0xffff;
    info.width = static_cast<std::uint16_t>(std::min(width, kLargest));
    info.height = static_cast<std::uint16_t>(std::min(height, kLargest));
}

PayloadInfo inspect_vp8(Bytes payload) {
    PayloadInfo info;
    auto d = vp8::parse_descriptor(payload);
    if (!d) return info;
    info.valid = true;
    info.starts_frame = d->starts_frame();
    info.discardable = d->non_reference;
    info.picture_id = d->picture_id;
    info.long_picture_id = d->long_picture_id;
    info.tl0_pic_idx = d->tl0_pic_idx;
    info.temporal_id = d->temporal_id;
    info.layer_sync = d->layer_sync;
    info.key_idx = d->key_idx;
    Bytes frame = payload.subspan(d->size);
    info.starts_keyframe = info.starts_frame && vp8::is_keyframe(frame);
    if (info.starts_keyframe)
        if (auto size = vp8::keyframe_size(frame)) set_size(info, size->width, size->height);
    return info;
}

PayloadInfo inspect_vp9(Bytes payload) {
    PayloadInfo info;
    auto d = vp9::parse_descriptor(payload);
    if (!d) return info;
    info.valid = true;
    info.starts_frame = d->starts_frame();
    info.starts_keyframe = d->starts_keyframe();
    info.ends_frame = d->ends_layer_frame;
    info.picture_id = d->picture_id;
    info.long_picture_id = d->long_picture_id;
    info.tl0_pic_idx = d->tl0_pic_idx;
    if (d->has_layers) {
        info.temporal_id = d->temporal_id;
        info.spatial_id = d->spatial_id;
        // It refers to nothing of its own temporal layer, but maybe to the one right below.
        info.layer_sync = d->switching_up_point;
        info.sync_from = d->temporal_id > 0 ? d->temporal_id - 1 : 0;
        info.not_for_upper_layers = d->not_reference_for_upper_spatial_layers;
    }
    set_size(info, d->width, d->height);
    if (info.starts_keyframe && info.width == 0)
        if (auto header = vp9::parse_frame_header(payload.subspan(d->size)))
            set_size(info, header->width, header->height);
    return info;
}

/// What the NAL units of one payload say together.
struct H264Facts {
    PayloadInfo info;
    bool discardable = true;  ///< so far

    /// @param nal at least its header; a fragment is enough
    void add(std::uint8_t header, Bytes rest) {
        std::uint8_t type = h264::nal_type(header);
        // Only pictures are discardable: SEI has nal_ref_idc 0, too, and belongs to what follows.
        if (!h264::is_vcl(type) || h264::nal_ref_idc(header) != 0) discardable = false;
        // first_mb_in_slice is the first thing in a slice and 0 is coded as one bit, 1.
        bool first_slice = h264::is_vcl(type) && !rest.empty() && (rest[0] & 0x80);
        if (type == h264::kSps) {
            info.parameter_sets = true;
        }
        if (type == h264::kSps || (type == h264::kIdr && first_slice)) info.starts_keyframe = true;
        if ((type >= h264::kSei && type <= h264::kAud) || first_slice) info.starts_frame = true;
    }
};

PayloadInfo inspect_h264(Bytes payload) {
    if (payload.empty()) return {};
    H264Facts facts;
    auto whole = [&](Bytes nal) {
        facts.add(nal[0], nal.subspan(1));
        if (h264::nal_type(nal[0]) == h264::kSps)
            if (auto sps = h264::parse_sps(nal)) set_size(facts.info, sps->width, sps->height);
    };
    std::uint8_t type = h264::nal_type(payload[0]);
    if (type == h264::kStapA) {
        ByteReader in{payload.subspan(1)};
        if (in.remaining() == 0) return {};
        while (in.remaining() > 0) {
            Bytes nal = in.take(in.u16());
            if (!in.ok()) return {};
            if (!nal.empty()) whole(nal);
        }
    } else if (type == h264::kFuA) {
        if (payload.size() < 3) return {};
        bool start = payload[1] & 0x80;
        auto header = static_cast<std::uint8_t>((payload[0] & 0xe0) | h264::nal_type(payload[1]));
        facts.add(header, start ? payload.subspan(2) : Bytes{});
        if (!start) facts.info.starts_frame = facts.info.starts_keyframe = false;
    } else if (type >= 1 && type < h264::kStapA) {
        whole(payload);
    } else {
        return {};  // the interleaved packets of RFC 6184 section 5.4, which nobody negotiates
    }
    facts.info.valid = true;
    facts.info.discardable = facts.discardable;
    return facts.info;
}

void add_h265(PayloadInfo& info, std::uint8_t type, Bytes rest) {
    // first_slice_segment_in_pic_flag is the first bit of a slice.
    bool first_slice = h265::is_vcl(type) && !rest.empty() && (rest[0] & 0x80);
    // The VPS stands before the SPS.
    if (type == h265::kVps || type == h265::kSps) info.parameter_sets = true;
    if (info.parameter_sets || (h265::is_irap(type) && first_slice)) info.starts_keyframe = true;
    if ((type >= h265::kVps && type <= h265::kAud) || type == h265::kPrefixSei || first_slice)
        info.starts_frame = true;
}

PayloadInfo inspect_h265(Bytes payload) {
    if (payload.size() <= h265::kHeaderSize) return {};
    PayloadInfo info;
    auto whole = [&](Bytes nal) {
        std::uint8_t type = h265::nal_type(nal[0]);
        add_h265(info, type, nal.subspan(h265::kHeaderSize));
        if (type == h265::kSps)
            if (auto sps = h265::parse_sps(nal)) set_size(info, sps->width, sps->height);
    };
    std::uint8_t type = h265::nal_type(payload[0]);
    if (type == h265::kAggregation) {
        ByteReader in{payload.subspan(h265::kHeaderSize)};
        while (in.remaining() > 0) {
            Bytes nal = in.take(in.u16());
            if (!in.ok()) return {};
            if (nal.size() >= h265::kHeaderSize) whole(nal);
        }
    } else if (type == h265::kFragment) {
        if (payload.size() < 4) return {};
        if (payload[2] & 0x80) add_h265(info, payload[2] & 0x3f, payload.subspan(3));
    } else if (type < h265::kAggregation) {
        whole(payload);
    } else {
        return {};  // PACI and what is not assigned
    }
    info.temporal_id = h265::temporal_id(payload[1]);
    info.valid = true;
    return info;
}

PayloadInfo inspect_av1(Bytes payload) {
    PayloadInfo info;
    av1::ElementReader in{payload};
    while (auto element = in.next()) {
        if (element->continued || element->bytes.empty()) continue;
        Bytes bytes = element->bytes;
        std::uint8_t type = bytes[0] >> 3 & 0x0f;
        if (type == av1::kSequenceHeader) {
            info.parameter_sets = info.starts_keyframe = info.starts_frame = true;
            if (auto obu = av1::parse_obu(bytes))
                if (auto size = av1::sequence_size(obu->payload))
                    set_size(info, size->width, size->height);
        }
        if (type == av1::kTemporalDelimiter || av1::begins_picture(type)) info.starts_frame = true;
        if ((bytes[0] & av1::kHasExtension) && bytes.size() > 1 && !info.spatial_id) {
            info.temporal_id = static_cast<std::uint8_t>(bytes[1] >> 5);
            info.spatial_id = static_cast<std::uint8_t>(bytes[1] >> 3 & 3);
        }
    }
    if (!in.ok()) return {};
    if (in.starts_sequence()) info.starts_keyframe = info.starts_frame = true;
    info.valid = true;
    return info;
}

}  // namespace

PayloadInfo inspect(Codec codec, Bytes payload) {
    switch (codec) {
        case Codec::vp8:
            return inspect_vp8(payload);
        case Codec::vp9:
            return inspect_vp9(payload);
        case Codec::h264:
            return inspect_h264(payload);
        case Codec::h265:
            return inspect_h265(payload);
        case Codec::av1:
            return inspect_av1(payload);
        case Codec::opus:
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
        case Codec::aac:
            break;
    }
    PayloadInfo info;
    info.valid = info.starts_frame = info.starts_keyframe = !payload.empty();
    return info;
}

PayloadInfo Inspector::inspect(RtpTimestamp timestamp, Bytes payload) {
    PayloadInfo info = codec::inspect(codec_, payload);
    if (info.starts_frame) {
        info.starts_frame = started_ != timestamp;
        started_ = timestamp;
    }
    if (info.starts_keyframe) {
        // Parameter sets that come late (reordered, sent again) are the better place to begin.
        bool better = info.parameter_sets && !parameter_sets_seen_;
        bool again = keyframe_started_ == timestamp;
        parameter_sets_seen_ = info.parameter_sets || (again && parameter_sets_seen_);
        info.starts_keyframe = !again || better;
        keyframe_started_ = timestamp;
    }
    return info;
}

}  // namespace rivero::codec
