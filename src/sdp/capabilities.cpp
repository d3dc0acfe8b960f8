// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/negotiation.hpp"

#include <array>

namespace rivero::sdp {
namespace {

constexpr Feedback kAudioFeedback{.nack = true, .transport_cc = true};
constexpr Feedback kVideoFeedback{
    .nack = true, .pli = true, .fir = true, .remb = true, .transport_cc = true};

CodecCapability audio(Codec codec, std::string_view parameters = {}) {
    return {.codec = codec,
            .parameters = FormatParameters::parse(parameters),
            .feedback = kAudioFeedback};
}

CodecCapability with_red(CodecCapability capability) {
    capability.red = true;
    return capability;
}

CodecCapability video(Codec codec, std::string_view parameters = {}) {
    return {.codec = codec,
            .parameters = FormatParameters::parse(parameters),
            .feedback = kVideoFeedback,
            .rtx = true};
}

CodecCapability accepted_only(CodecCapability capability) {
    capability.offer = false;
    return capability;
}

/// H264 in constrained baseline is what everybody decodes, and the only one to offer. A peer may
/// choose any other profile for what it sends: forwarded packets are not decoded here.
void add_h264(std::vector<CodecCapability>& codecs) {
    codecs.push_back(video(
        Codec::h264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"));
    constexpr std::array kProfiles{"42e01f", "42001f", "4d001f", "640c1f", "64001f"};
    for (const char* mode : {"1", "0"})
        for (const char* profile : kProfiles)
            codecs.push_back(accepted_only(
                video(Codec::h264, std::string{"level-asymmetry-allowed=1;packetization-mode="} +
                                       mode + ";profile-level-id=" + profile)));
}

}  // namespace

LocalCapabilities webrtc_defaults() {
    LocalCapabilities capabilities;
    capabilities.audio.codecs = {with_red(audio(Codec::opus, "minptime=10;useinbandfec=1")),
                                 audio(Codec::pcmu), audio(Codec::pcma), audio(Codec::g722)};
    capabilities.audio.extensions = {HeaderExtension::mid, HeaderExtension::transport_cc,
                                     HeaderExtension::abs_send_time, HeaderExtension::audio_level};

    auto& codecs = capabilities.video.codecs;
    codecs = {video(Codec::vp8), video(Codec::vp9, "profile-id=0")};
    add_h264(codecs);
    codecs.push_back(video(Codec::av1, "level-idx=5;profile=0;tier=0"));
    codecs.push_back(accepted_only(video(Codec::h265, "profile-id=1")));
    // Without video_orientation: a sender that may use it leaves the turning to receivers, and
    // recorders and mixers would have to turn, too. Without it the browser sends upright pictures.
    capabilities.video.extensions = {
        HeaderExtension::mid,           HeaderExtension::transport_cc,
        HeaderExtension::abs_send_time, HeaderExtension::rid,
        HeaderExtension::repaired_rid,  HeaderExtension::dependency_descriptor};
    return capabilities;
}

LocalCapabilities rtp_defaults() {
    LocalCapabilities capabilities = webrtc_defaults();
    capabilities.security = Security::none;
    capabilities.offer_protocol = "RTP/AVPF";
    capabilities.bundle = false;
    for (auto& codec : capabilities.audio.codecs) {
        codec.feedback = {};
        codec.red = false;
    }
    for (auto& codec : capabilities.video.codecs) {
        // One address and SSRC per medium, which is what such peers (cameras, ffmpeg, gateways)
        // expect.
        codec.rtx = false;
        codec.feedback.transport_cc = false;
    }
    capabilities.audio.extensions =
        capabilities.video.extensions = {HeaderExtension::abs_send_time};
    return capabilities;
}

}  // namespace rivero::sdp
