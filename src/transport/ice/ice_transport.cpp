// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/ice_transport.hpp"

namespace rivero::transport {

std::string_view name(IceState state) {
    switch (state) {
        case IceState::disconnected:
            return "DISCONNECTED";
        case IceState::gathering:
            return "GATHERING";
        case IceState::connecting:
            return "CONNECTING";
        case IceState::connected:
            return "CONNECTED";
        case IceState::ready:
            return "READY";
        case IceState::failed:
            break;
    }
    return "FAILED";
}

}  // namespace rivero::transport
