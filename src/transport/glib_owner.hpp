// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib-object.h>

#include <memory>

namespace rivero::transport {

/// How references to GLib's things end; src/gst, which has owners for more of them, lies above.
struct GlibRelease {
    void operator()(GSource* source) const {
        g_source_destroy(source);
        g_source_unref(source);
    }
    template <class Object>
    void operator()(Object* object) const {
        g_object_unref(object);
    }
};
/// Owns one reference to a GObject, or a source that ends with it.
template <class T>
using GlibOwner = std::unique_ptr<T, GlibRelease>;

}  // namespace rivero::transport
