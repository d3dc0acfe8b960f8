// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/ice_settings.hpp"

#include "rivero/base/assert.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <charconv>

namespace rivero::transport {
namespace {

constexpr std::string_view kIceChars =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static_assert(kIceChars.size() == 64, "six random bits choose one");

std::string random_ice_chars(std::size_t n) {
    std::string text(n, '\0');
    const bool ok =
        RAND_bytes(reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(n)) == 1;
    RIVERO_ASSERT(ok, "the system has random numbers");
    for (char& c : text) c = kIceChars[static_cast<unsigned char>(c) % kIceChars.size()];
    return text;
}

bool all_ice_chars(const std::string& text) {
    return text.find_first_not_of(kIceChars) == std::string::npos;
}

}  // namespace

IceCredentials IceCredentials::generate() {
    return {random_ice_chars(8), random_ice_chars(24)};
}

bool IceCredentials::valid() const {
    return ufrag.size() >= 4 && ufrag.size() <= 256 && pwd.size() >= 22 && pwd.size() <= 256 &&
           all_ice_chars(ufrag) && all_ice_chars(pwd);
}

Result<TurnServer> TurnServer::parse(std::string_view url) {
    // The text may hold a password: errors do not repeat it.
    auto bad = [](const char* what) {
        return failure(std::string{"TURN server, user:password@host:port?transport=udp|tcp|tls: "} +
                       what);
    };
    TurnServer server;
    if (auto question = url.find('?'); question != std::string_view::npos) {
        std::string_view query = url.substr(question + 1);
        url = url.substr(0, question);
        if (query == "transport=udp") {
            server.transport = TurnTransport::udp;
        } else if (query == "transport=tcp") {
            server.transport = TurnTransport::tcp;
        } else if (query == "transport=tls") {
            server.transport = TurnTransport::tls;
        } else {
            return bad("the transport is none of udp, tcp, tls");
        }
    }
    const auto at = url.rfind('@');
    if (at == std::string_view::npos) return bad("'@' is missing");
    std::string_view login = url.substr(0, at);
    std::string_view place = url.substr(at + 1);
    const auto colon = login.find(':');
    if (colon == std::string_view::npos || colon == 0) return bad("the user name is missing");
    server.user = login.substr(0, colon);
    server.password = login.substr(colon + 1);

    std::string_view port;
    if (place.starts_with('[')) {
        const auto bracket = place.find(']');
        if (bracket == std::string_view::npos) return bad("']' is missing");
        server.host = place.substr(1, bracket - 1);
        port = place.substr(bracket + 1);
    } else {
        const auto port_colon = place.find(':');
        server.host = place.substr(0, port_colon);
        port = port_colon == std::string_view::npos ? "" : place.substr(port_colon);
    }
    if (server.host.empty()) return bad("the host is missing");
    if (!port.empty()) {
        if (!port.starts_with(':')) return bad("the port is not a number from 1 to 65535");
        port.remove_prefix(1);
        auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
        if (error != std::errc{} || end != port.data() + port.size() || server.port == 0) {
            return bad("the port is not a number from 1 to 65535");
        }
    }
    return server;
}

}  // namespace rivero::transport
