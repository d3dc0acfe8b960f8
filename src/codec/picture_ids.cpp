// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/picture_ids.hpp"

#include "codec/vp8.hpp"
#include "codec/vp9.hpp"

#include <algorithm>

namespace rivero::codec {

PictureIds::Fields PictureIds::read(Codec codec, Bytes payload) {
    Fields fields;
    if (codec == Codec::vp8) {
        const auto d = vp8::parse_descriptor(payload);
        if (!d || !d->picture_id) return fields;
        fields.picture_id = d->picture_id;
        fields.picture_id_at = 2;
        fields.bits = d->long_picture_id ? 15 : 7;
        fields.tl0_pic_idx = d->tl0_pic_idx;
    } else if (codec == Codec::vp9) {
        const auto d = vp9::parse_descriptor(payload);
        if (!d || !d->picture_id) return fields;
        fields.picture_id = d->picture_id;
        fields.picture_id_at = 1;
        fields.bits = d->long_picture_id ? 15 : 7;
        fields.tl0_pic_idx = d->tl0_pic_idx;
    }
    fields.tl0_pic_idx_at =
        fields.picture_id_at + (fields.bits == 15 ? 2 : 1) + (codec == Codec::vp9 ? 1 : 0);
    return fields;
}

std::int64_t PictureIds::unwrap(const Fields& fields) const {
    const std::int64_t range = std::int64_t{1} << fields.bits;
    std::int64_t difference = (*fields.picture_id - newest_) % range;
    if (difference < 0) difference += range;
    if (difference >= range / 2) difference -= range;
    return newest_ + difference;
}

PictureIds::Ids PictureIds::ids(const Fields& fields, std::int64_t picture) const {
    std::int64_t offset = segments_.front().offset;
    for (auto it = segments_.rbegin(); it != segments_.rend(); ++it) {
        if (it->begin > picture) continue;
        offset = it->offset;
        break;
    }
    const std::int64_t mask = (std::int64_t{1} << fields.bits) - 1;
    Ids ids;
    ids.picture_id = static_cast<std::uint16_t>((picture + offset) & mask);
    if (fields.tl0_pic_idx)
        ids.tl0_pic_idx = static_cast<std::uint8_t>(*fields.tl0_pic_idx + tl0_offset_);
    return ids;
}

PictureIds::Ids PictureIds::forward(Codec codec, Bytes payload) {
    const Fields fields = read(codec, payload);
    if (!fields.picture_id) return {};
    if (!in_source_) {
        in_source_ = true;
        newest_ = *fields.picture_id;
        segments_.assign(1, {newest_, last_out_ + 1 - newest_});
        if (fields.tl0_pic_idx)
            tl0_offset_ = static_cast<std::uint8_t>(last_tl0_out_ + 1 - *fields.tl0_pic_idx);
    }
    const std::int64_t picture = unwrap(fields);
    newest_ = std::max(newest_, picture);
    const Ids out = ids(fields, picture);
    last_out_ = std::max(last_out_, newest_ + segments_.back().offset);
    if (out.tl0_pic_idx && static_cast<std::int8_t>(*out.tl0_pic_idx - last_tl0_out_) > 0)
        last_tl0_out_ = *out.tl0_pic_idx;
    return out;
}

PictureIds::Ids PictureIds::find(Codec codec, Bytes payload) const {
    const Fields fields = read(codec, payload);
    if (!fields.picture_id || !in_source_) return {};
    return ids(fields, unwrap(fields));
}

void PictureIds::withhold(Codec codec, Bytes payload) {
    if (codec != Codec::vp8 || !in_source_) return;
    const Fields fields = read(codec, payload);
    if (!fields.picture_id) return;
    const std::int64_t picture = unwrap(fields);
    if (picture <= newest_) return;  // the picture was sent in part, or it is known already
    newest_ = picture;
    segments_.push_back({picture + 1, segments_.back().offset - 1});
    // Many at once: each of them moves those that stay.
    if (segments_.size() > 2 * kMaxSegments)
        segments_.erase(segments_.begin(), segments_.end() - kMaxSegments);
}

void PictureIds::apply(Codec codec, Bytes original, MutableBytes payload, const Ids& ids) {
    if (!ids.picture_id) return;
    const Fields fields = read(codec, original);
    if (!fields.picture_id) return;
    const std::size_t at = fields.picture_id_at;
    if (fields.bits == 15) {
        payload[at] = static_cast<std::uint8_t>(0x80 | (*ids.picture_id >> 8 & 0x7f));
        payload[at + 1] = static_cast<std::uint8_t>(*ids.picture_id);
    } else {
        payload[at] = static_cast<std::uint8_t>(*ids.picture_id & 0x7f);
    }
    if (ids.tl0_pic_idx && fields.tl0_pic_idx) payload[fields.tl0_pic_idx_at] = *ids.tl0_pic_idx;
}

}  // namespace rivero::codec
