// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/assert.hpp"
#include "rivero/base/bytes.hpp"
#include "sdp/candidate.hpp"
#include "transport/dtls/fingerprint.hpp"
#include "transport/ice/ice_candidate.hpp"

using namespace rivero;

// What a client may say in words: candidates, read by the SDP layer and by ICE, and fingerprints.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text({data, size});
    if (const auto candidate = sdp::parse_candidate(text)) {
        const auto again = sdp::parse_candidate(sdp::print(*candidate));
        RIVERO_ASSERT(again == *candidate, "printing a candidate loses nothing");
    }
    if (const auto candidate = transport::IceCandidate::parse(text)) {
        static_cast<void>(candidate->has_host_name());
        const std::string printed = candidate->text();
        const auto again = transport::IceCandidate::parse(printed);
        RIVERO_ASSERT(again && again->text() == printed, "a printed candidate can be read");
    }
    if (const auto fingerprint = transport::Fingerprint::parse(text)) {
        const auto again = transport::Fingerprint::parse(fingerprint->text());
        RIVERO_ASSERT(again == *fingerprint, "printing a fingerprint loses nothing");
    }
    return 0;
}
