// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/init.hpp"

#include <algorithm>
#include <array>
#include <mutex>

namespace rivero::gst {
namespace {

struct Origin {
    std::string_view factory;
    std::string_view package;
};

/// Debian 12. Elements that we use or that clients of GStreamerFilter are likely to name; whole
/// families end in `*`.
constexpr std::array kOrigins{
    Origin{"x264enc", "gstreamer1.0-plugins-ugly"},
    Origin{"x265enc", "gstreamer1.0-plugins-bad"},
    Origin{"openh264*", "gstreamer1.0-plugins-bad"},
    Origin{"av1*", "gstreamer1.0-plugins-bad"},
    Origin{"avenc_*", "gstreamer1.0-libav"},
    Origin{"avdec_*", "gstreamer1.0-libav"},
    Origin{"avmux_*", "gstreamer1.0-libav"},
    Origin{"avdemux_*", "gstreamer1.0-libav"},
    Origin{"webrtc*", "gstreamer1.0-plugins-bad"},
    Origin{"fdkaac*", "gstreamer1.0-fdkaac"},
    Origin{"voaacenc", "gstreamer1.0-plugins-bad"},
    Origin{"opusenc", "gstreamer1.0-plugins-base"},
    Origin{"opusdec", "gstreamer1.0-plugins-base"},
    Origin{"opusparse", "gstreamer1.0-plugins-bad"},
    Origin{"vp8*", "gstreamer1.0-plugins-good"},
    Origin{"vp9*", "gstreamer1.0-plugins-good"},
    Origin{"h264parse", "gstreamer1.0-plugins-bad"},
    Origin{"h265parse", "gstreamer1.0-plugins-bad"},
    Origin{"aacparse", "gstreamer1.0-plugins-good"},
    Origin{"mulaw*", "gstreamer1.0-plugins-good"},
    Origin{"alaw*", "gstreamer1.0-plugins-good"},
    Origin{"rtp*", "gstreamer1.0-plugins-good"},
    Origin{"rtsp*", "gstreamer1.0-plugins-good"},
    Origin{"souphttpsrc", "gstreamer1.0-plugins-good"},
    Origin{"matroska*", "gstreamer1.0-plugins-good"},
    Origin{"webmmux", "gstreamer1.0-plugins-good"},
    Origin{"qt*", "gstreamer1.0-plugins-good"},
    Origin{"mp4mux", "gstreamer1.0-plugins-good"},
    Origin{"wavparse", "gstreamer1.0-plugins-good"},
    Origin{"videocrop", "gstreamer1.0-plugins-good"},
    Origin{"videoflip", "gstreamer1.0-plugins-good"},
    Origin{"videobox", "gstreamer1.0-plugins-good"},
    Origin{"alpha*", "gstreamer1.0-plugins-good"},
    Origin{"zbar", "gstreamer1.0-plugins-bad"},
    Origin{"video*", "gstreamer1.0-plugins-base"},
    Origin{"audio*", "gstreamer1.0-plugins-base"},
    Origin{"compositor", "gstreamer1.0-plugins-base"},
    Origin{"app*", "gstreamer1.0-plugins-base"},
    Origin{"uridecodebin*", "gstreamer1.0-plugins-base"},
    Origin{"urisourcebin", "gstreamer1.0-plugins-base"},
    Origin{"decodebin*", "gstreamer1.0-plugins-base"},
    Origin{"parsebin", "gstreamer1.0-plugins-base"},
    Origin{"ogg*", "gstreamer1.0-plugins-base"},
    Origin{"fakesink", "libgstreamer1.0-0"},
    Origin{"queue", "libgstreamer1.0-0"},
    Origin{"capsfilter", "libgstreamer1.0-0"},
    Origin{"valve", "libgstreamer1.0-0"},
};

bool matches(std::string_view pattern, std::string_view factory) {
    if (!pattern.ends_with('*')) return pattern == factory;
    return factory.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

void initialise() {
    static std::once_flag once;
    std::call_once(once, [] { gst_init(nullptr, nullptr); });
}

std::string missing_plugin_hint(std::string_view factory) {
    auto origin = std::find_if(kOrigins.begin(), kOrigins.end(),
                               [&](const Origin& o) { return matches(o.factory, factory); });
    std::string name{factory};
    if (origin == kOrigins.end())
        return "GStreamer element '" + name +
               "' is not installed; look for its plugin with 'gst-inspect-1.0 " + name +
               "' and 'apt-file search'";
    return "GStreamer element '" + name + "' is not installed; Debian has it in the package " +
           std::string{origin->package};
}

bool element_exists(const std::string& factory) {
    initialise();
    return static_cast<bool>(
        Ref<GstElementFactory>::adopt(gst_element_factory_find(factory.c_str())));
}

Result<Element> make_element(const std::string& factory) {
    initialise();
    auto element = Element::sink(gst_element_factory_make(factory.c_str(), nullptr));
    if (!element) return failure(missing_plugin_hint(factory));
    return element;
}

}  // namespace rivero::gst
