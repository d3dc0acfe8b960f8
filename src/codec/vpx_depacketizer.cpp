// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/video_depacketizer.hpp"
#include "codec/vp8.hpp"
#include "codec/vp9.hpp"

#include <array>

namespace rivero::codec {
namespace {

class Vp8Depacketizer final : public VideoDepacketizer {
    void begin_frame(bool /*after_gap*/) override { keyframe_ = false; }
    [[nodiscard]] bool can_begin(Bytes payload) const override {
        auto d = vp8::parse_descriptor(payload);
        return d && d->starts_frame();
    }
    [[nodiscard]] bool append(Bytes payload, ByteVector& frame) override {
        auto d = vp8::parse_descriptor(payload);
        if (!d) return false;
        Bytes rest = payload.subspan(d->size);
        if (frame.empty()) {
            keyframe_ = vp8::is_keyframe(rest);
        } else if (d->starts_frame()) {
            return false;  // a second beginning: the end of the first was never sent
        }
        frame.insert(frame.end(), rest.begin(), rest.end());
        return true;
    }
    [[nodiscard]] bool finish(ByteVector& /*frame*/) override { return true; }
    [[nodiscard]] bool is_keyframe() const override { return keyframe_; }

    bool keyframe_ = false;
};

class Vp9Depacketizer final : public VideoDepacketizer {
    void begin_frame(bool /*after_gap*/) override {
        layers_ = 0;
        layer_begin_ = 0;
        keyframe_ = false;
    }
    [[nodiscard]] bool can_begin(Bytes payload) const override {
        auto d = vp9::parse_descriptor(payload);
        return d && d->starts_frame();
    }
    [[nodiscard]] bool append(Bytes payload, ByteVector& frame) override {
        auto d = vp9::parse_descriptor(payload);
        if (!d) return false;
        if (d->begins_layer_frame) {
            if (frame.empty()) {
                keyframe_ = d->starts_keyframe();
            } else if (!end_layer(frame)) {
                return false;
            }
            spatial_id_ = d->spatial_id;
        } else if (d->spatial_id != spatial_id_) {
            return false;
        }
        Bytes rest = payload.subspan(d->size);
        frame.insert(frame.end(), rest.begin(), rest.end());
        return true;
    }
    /// Several spatial layers are several frames in one: a decoder that does not look for the next
    /// one by itself needs the index.
    [[nodiscard]] bool finish(ByteVector& frame) override {
        if (layers_ == 0) return true;
        if (!end_layer(frame)) return false;
        if (!vp9::is_superframe(frame))
            vp9::append_superframe_index(std::span{layer_sizes_}.first(layers_), frame);
        return true;
    }
    [[nodiscard]] bool is_keyframe() const override { return keyframe_; }

    [[nodiscard]] bool end_layer(const ByteVector& frame) {
        if (layers_ == layer_sizes_.size()) return false;
        layer_sizes_[layers_++] = frame.size() - layer_begin_;
        layer_begin_ = frame.size();
        return true;
    }

    std::array<std::size_t, vp9::kMaxSpatialLayers> layer_sizes_{};
    std::size_t layers_ = 0;       ///< whole ones in layer_sizes_; 0 as long as there is one layer
    std::size_t layer_begin_ = 0;  ///< offset of the layer that comes in
    std::uint8_t spatial_id_ = 0;
    bool keyframe_ = false;
};

}  // namespace

std::unique_ptr<Depacketizer> make_vp8_depacketizer() {
    return std::make_unique<Vp8Depacketizer>();
}
std::unique_ptr<Depacketizer> make_vp9_depacketizer() {
    return std::make_unique<Vp9Depacketizer>();
}

}  // namespace rivero::codec
