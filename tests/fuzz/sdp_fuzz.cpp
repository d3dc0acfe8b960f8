// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/assert.hpp"
#include "rivero/base/bytes.hpp"
#include "sdp/candidate.hpp"
#include "sdp/negotiation.hpp"
#include "sdp/session_description.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using namespace rivero;

/// What we print, we read back, and it says the same.
void check_round_trip(const sdp::SessionDescription& description) {
    const auto again = sdp::parse(sdp::print(description));
    RIVERO_ASSERT(again.has_value(), "what we print can be read");
    RIVERO_ASSERT(*again == description, "printing loses nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text({data, size});
    if (const auto candidate = sdp::parse_candidate(text)) {
        const auto again = sdp::parse_candidate(sdp::print(*candidate));
        RIVERO_ASSERT(again == *candidate, "printing a candidate loses nothing");
    }
    const auto description = sdp::parse(text);
    if (!description) return 0;
    check_round_trip(*description);

    auto webrtc = sdp::webrtc_defaults();
    webrtc.data_channels = webrtc.simulcast = true;
    auto rtp = sdp::rtp_defaults();
    for (auto* capabilities : {&webrtc, &rtp}) {
        if (const auto answered = sdp::answer_offer(*description, *capabilities)) {
            check_round_trip(answered->answer);
            (void)sdp::answer_offer(*description, *capabilities, &answered->session);
        }
        (void)sdp::apply_answer(sdp::make_offer(*capabilities), *description, *capabilities);
    }
    return 0;
}
