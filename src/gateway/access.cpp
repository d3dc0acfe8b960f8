// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/access.hpp"

#include "gateway/http_files.hpp"
#include "gateway/origin.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace rivero::gateway {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kParameter = "access_token";

std::string lower(std::string_view text) {
    std::string low{text};
    std::transform(low.begin(), low.end(), low.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return low;
}

std::string own_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? lower(name.data()) : std::string{};
}

std::string query_token(std::string_view target) {
    const auto question = target.find('?');
    if (question == std::string_view::npos) return {};
    auto query = target.substr(question + 1);
    query = query.substr(0, query.find('#'));
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        const auto equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == kParameter && equals < pair.size())
            return percent_decode(pair.substr(equals + 1)).value_or("");
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return {};
}

}  // namespace

Access::Access(AccessOptions options) : options_{std::move(options)} {
    if (auto read = reload(); !read) throw std::runtime_error{read.error().message};
}

bool Access::origin_allowed(std::string_view origin, std::string_view host,
                            const std::function<bool(const std::string&)>& names_us) const {
    if (origin.empty()) return true;
    const auto page = parse_origin(origin);
    for (const auto& one : options_.allowed_origins)
        if (one == "*" || (page && parse_origin(one) == page)) return true;
    if (!page) return false;  // "null": a file or a sandboxed frame
    const auto server = parse_authority(host);
    return server && is_same_origin(*page, *server, names_us != nullptr) &&
           host_is_ours(host, names_us);
}

bool Access::host_is_ours(std::string_view host,
                          const std::function<bool(const std::string&)>& names_us) const {
    if (host.empty()) return true;
    const auto server = parse_authority(host);
    if (!server) return false;
    const auto& name = server->host;
    if (server->is_local() || server->is_address() || name == own_name()) return true;
    const auto& ours = options_.host_names;
    if (std::any_of(ours.begin(), ours.end(), [&](const auto& one) { return lower(one) == name; }))
        return true;
    // Where the operator lets pages of a name in, this name is no stranger.
    for (const auto& one : options_.allowed_origins) {
        const auto origin = parse_origin(one);
        if (one == "*" || (origin && origin->host == name)) return true;
    }
    return names_us && names_us(name);
}

bool Access::token_valid(std::string_view authorization, std::string_view target) const {
    if (!needs_token()) return true;
    std::string given;
    if (lower(authorization.substr(0, kBearer.size())) == kBearer) {
        const auto token = authorization.substr(kBearer.size());
        given = token.substr(std::min(token.find_first_not_of(' '), token.size()));
    } else {
        given = query_token(target);
    }
    const Digest presented = digest(given);
    bool valid = false;
    for (const auto& known : digests_)
        valid |= CRYPTO_memcmp(known.data(), presented.data(), known.size()) == 0;
    return valid;
}

Result<void> Access::reload() {
    std::vector<Digest> digests;
    for (const auto& token : options_.tokens) digests.push_back(digest(token));
    if (!options_.token_file.empty()) {
        std::ifstream file{options_.token_file};
        if (!file)
            return failure("listen.accessTokenFile: " + options_.token_file + ": " +
                           std::strerror(errno));
        std::size_t count = 0;
        for (std::string line; std::getline(file, line);) {
            while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0)
                line.pop_back();
            if (line.empty() || line.starts_with('#')) continue;
            digests.push_back(digest(line));
            ++count;
        }
        if (count == 0)
            return failure("listen.accessTokenFile: " + options_.token_file + " holds no token");
    }
    digests_ = std::move(digests);
    return {};
}

Access::Digest Access::digest(std::string_view token) {
    Digest result{};
    unsigned size = 0;
    EVP_Digest(token.data(), token.size(), result.data(), &size, EVP_sha256(), nullptr);
    return result;
}

}  // namespace rivero::gateway
