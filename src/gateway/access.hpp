// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rivero::gateway {

struct AccessOptions {
    /// Web origins such as "https://app.example.org"; "*" allows all.
    std::vector<std::string> allowed_origins;
    /// Names by which browsers reach this server, besides addresses and localhost.
    std::vector<std::string> host_names;
    std::vector<std::string> tokens;
    /// One token a line; empty lines and those that start with # do not count. Empty: no file.
    std::string token_file;
};

/// Who may command the server: which web pages, and who has a token. Without tokens everybody may
/// who reaches the port.
class Access {
public:
    /// @throws std::runtime_error when the token file cannot be read
    explicit Access(AccessOptions options);

    /// Decides whether a page may open a WebSocket: browsers send its origin, other clients none.
    /// Without this every web page could command the server of the one who looks at it.
    ///
    /// A page of this very server passes (is_same_origin()). Which server it means to reach is in
    /// the Host header. A page can give its own name our address (DNS rebinding), so a name counts
    /// only when it is known to be ours.
    /// @param origin header, empty when there is none
    /// @param host header
    /// @param names_us whether a name stands in our certificate; null without TLS
    [[nodiscard]] bool origin_allowed(
        std::string_view origin, std::string_view host,
        const std::function<bool(const std::string&)>& names_us = nullptr) const;
    /// Whether a Host header is an address, localhost or a name of ours: what a page of another
    /// name cannot send. An empty one (no browser) is fine.
    [[nodiscard]] bool host_is_ours(
        std::string_view host,
        const std::function<bool(const std::string&)>& names_us = nullptr) const;

    /// RFC 6750 sections 2.1 and 2.3, the latter because browsers cannot give a WebSocket headers.
    /// Takes the same time whatever the given token has in common with a right one.
    /// @param authorization header
    /// @param target of the request, with its query
    [[nodiscard]] bool token_valid(std::string_view authorization, std::string_view target) const;
    [[nodiscard]] bool needs_token() const {
        return !options_.token_file.empty() || !digests_.empty();
    }

    /// Reads the token file again. @return why it cannot be read; the old tokens stay then
    [[nodiscard]] Result<void> reload();
    [[nodiscard]] const std::string& token_file() const { return options_.token_file; }

private:
    using Digest = std::array<std::uint8_t, 32>;
    [[nodiscard]] static Digest digest(std::string_view token);

    AccessOptions options_;
    std::vector<Digest> digests_;  ///< of the tokens: of one length, and no use to others
};

}  // namespace rivero::gateway
