// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdp/negotiation.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace rivero::sdp {

inline constexpr const char* kOffers[] = {"chromium_sendrecv_offer",
                                          "chromium_recvonly_offer",
                                          "chromium_simulcast_offer",
                                          "firefox_offer",
                                          "safari_offer",
                                          "plan_b_simulcast_offer",
                                          "minimal_offer"};

inline std::string stored(const std::string& name) {
    // One literal: with two, g++ 12 warns of bounds that it reckons wrong for some lengths of the
    // path.
    std::ifstream file{RIVERO_TEST_DATA "/sdp/" + name + ".sdp", std::ios::binary};
    if (!file) throw std::runtime_error{"no test data " + name};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline SessionDescription parsed(const std::string& text) {
    auto description = parse(text);
    if (!description) throw std::runtime_error{description.error().message};
    return *std::move(description);
}

/// Fills in what callers generate.
inline LocalCapabilities named(LocalCapabilities capabilities) {
    capabilities.session_id = "4711";
    capabilities.session_version = "1";
    capabilities.cname = "us";
    capabilities.ice_ufrag = "ourUfrag";
    capabilities.ice_pwd = "ourPasswordOf24Character";
    capabilities.fingerprints = {{"sha-256", ByteVector(32, 0xab)}};
    capabilities.audio.ssrc = Ssrc{100};
    capabilities.audio.rtx_ssrc = Ssrc{101};
    capabilities.video.ssrc = Ssrc{200};
    capabilities.video.rtx_ssrc = Ssrc{201};
    return capabilities;
}

inline LocalCapabilities webrtc() {
    return named(webrtc_defaults());
}

inline Negotiated answered(const SessionDescription& offer, const LocalCapabilities& capabilities,
                           const NegotiatedSession* previous = nullptr) {
    auto result = answer_offer(offer, capabilities, previous);
    if (!result) throw std::runtime_error{result.error().message};
    return *std::move(result);
}

/// `opus:111 PCMU:0`, rtx as `VP8:96/97`.
inline std::string summary(const NegotiatedSection& section) {
    std::string text;
    for (auto& codec : section.codecs) {
        if (!text.empty()) text += ' ';
        text += std::string{encoding_name(codec.codec)} + ':' +
                std::to_string(codec.payload_type.value);
        if (codec.rtx) text += '/' + std::to_string(codec.rtx->value);
    }
    return text;
}

/// An offer with one section, made of a few lines that a test is about.
/// @param media the m-line and its attributes, lines ended by LF
inline std::string offer_with(const std::string& media) {
    return "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0\n" + media +
           "a=mid:0\na=rtcp-mux\na=ice-ufrag:abcd\na=ice-pwd:abcdefghijklmnopqrstuv\n"
           "a=fingerprint:sha-256 01:02\na=setup:actpass\n";
}

}  // namespace rivero::sdp
