// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/negotiation.hpp"

namespace rivero::sdp {

const NegotiatedCodec* NegotiatedSection::codec(PayloadType payload_type) const {
    for (auto& codec : codecs)
        if (codec.payload_type == payload_type) return &codec;
    return nullptr;
}

std::uint8_t NegotiatedSection::send_id(HeaderExtension extension) const {
    for (auto& known : extensions)
        if (known.extension == extension && known.send) return known.id;
    return 0;
}

std::uint8_t NegotiatedSection::receive_id(HeaderExtension extension) const {
    for (auto& known : extensions)
        if (known.extension == extension && known.receive) return known.id;
    return 0;
}

const NegotiatedSection* NegotiatedSession::section(MediaType kind) const {
    for (auto& candidate : sections)
        if (candidate.accepted && candidate.kind == kind) return &candidate;
    return nullptr;
}

}  // namespace rivero::sdp
