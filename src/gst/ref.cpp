// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/ref.hpp"

namespace rivero::gst {

std::string take_text(gchar* full) {
    std::string text = full ? full : "";
    g_free(full);
    return text;
}

std::string caps_to_text(const Caps& caps) {
    return caps ? take_text(gst_caps_to_string(caps.get())) : "none";
}

std::optional<Caps> caps_from_text(const std::string& text) {
    auto caps = Caps::adopt(gst_caps_from_string(text.c_str()));
    if (!caps) return std::nullopt;
    return caps;
}

bool equal(const Caps& a, const Caps& b) {
    if (a == b) return true;
    return a && b && gst_caps_is_equal(a.get(), b.get());
}

std::string media_type_of(const Caps& caps) {
    if (!caps || gst_caps_get_size(caps.get()) == 0) return "";
    return gst_structure_get_name(gst_caps_get_structure(caps.get(), 0));
}

ErrorSlot::~ErrorSlot() {
    g_clear_error(&error_);
}

Buffer make_buffer(Bytes bytes) {
    auto buffer = Buffer::adopt(gst_buffer_new_allocate(nullptr, bytes.size(), nullptr));
    gst_buffer_fill(buffer.get(), 0, bytes.data(), bytes.size());
    return buffer;
}

MappedBuffer::MappedBuffer(Buffer buffer) : buffer_{std::move(buffer)} {
    mapped_ = buffer_ && gst_buffer_map(buffer_.get(), &map_, GST_MAP_READ);
}

MappedBuffer::~MappedBuffer() {
    if (mapped_) gst_buffer_unmap(buffer_.get(), &map_);
}

Bytes MappedBuffer::bytes() const {
    if (!mapped_) return {};
    return {map_.data, map_.size};
}

void Signal::disconnect() {
    if (id_ != 0) g_signal_handler_disconnect(instance_.get(), std::exchange(id_, 0));
    instance_ = {};
}

Probe::Probe(Pad pad, GstPadProbeType type, Handler handler) : pad_{std::move(pad)} {
    GstPadProbeCallback call = [](GstPad*, GstPadProbeInfo* info, gpointer data) noexcept {
        return (*static_cast<Handler*>(data))(*info);
    };
    GDestroyNotify forget = [](gpointer data) { delete static_cast<Handler*>(data); };
    id_ = gst_pad_add_probe(pad_.get(), type, call, new Handler{std::move(handler)}, forget);
}

void Probe::remove() {
    if (id_ != 0) gst_pad_remove_probe(pad_.get(), std::exchange(id_, 0));
    pad_ = {};
}

}  // namespace rivero::gst
