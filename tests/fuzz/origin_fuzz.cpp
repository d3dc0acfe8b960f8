// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/access.hpp"
#include "gateway/origin.hpp"
#include "input.hpp"
#include "rivero/base/assert.hpp"

using namespace rivero;

// What a browser, or somebody who wants to look like one, says of where it is from and where it
// goes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    const ByteVector first = in.piece();
    const ByteVector second = in.piece();
    const ByteVector third = in.piece();
    const std::string_view origin = as_text(first);
    const std::string_view host = as_text(second);

    const auto page = gateway::parse_origin(origin);
    if (page) {
        RIVERO_ASSERT(gateway::parse_origin(gateway::to_text(*page)) == page,
                      "what was read is written and read again");
        RIVERO_ASSERT(page->host.find_first_of("/@?#: \t\r\n\\") == std::string::npos ||
                          page->host.starts_with('['),
                      "a host is nothing else");
    }
    const auto server = gateway::parse_authority(host);

    static const gateway::Access access{{.allowed_origins = {"https://app.example.org"},
                                         .host_names = {"media.example.org"},
                                         .tokens = {"a-token-of-the-settings"},
                                         .token_file = {}}};
    const auto named = [](const std::string& name) { return name == "tls.example.org"; };
    for (const bool secure : {false, true}) {
        const bool allowed = secure ? access.origin_allowed(origin, host, named)
                                    : access.origin_allowed(origin, host);
        if (!allowed || origin.empty()) continue;
        RIVERO_ASSERT(page, "what has no origin is not let in");
        if (page == gateway::parse_origin("https://app.example.org")) continue;
        RIVERO_ASSERT(server && server->host == page->host, "a page of another host is not let in");
        RIVERO_ASSERT(server->is_address() || server->is_local() ||
                          access.host_is_ours(host, secure ? named : nullptr),
                      "a page of a stranger's name is not let in");
        RIVERO_ASSERT(!server->port || *server->port == page->port,
                      "a page of another port is not let in");
    }
    static_cast<void>(access.token_valid(as_text(third), as_text(first)));
    return 0;
}
