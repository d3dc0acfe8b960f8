// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace rivero::gateway {

/// The sessions of the server and the connections on which they are reached.
///
/// A session is a name that clients use. It is *known* from its first use of an object until it is
/// collected: by every second collect() since it was used last. While a connection is bound to it,
/// it stays. A connection is bound to at most one session, a session to at most one connection (the
/// newest).
class SessionTable {
public:
    explicit SessionTable(std::size_t max_sessions) : max_sessions_{max_sessions} {}

    [[nodiscard]] bool known(const std::string& session) const { return known_.contains(session); }
    /// The session used an object: it is known and in use.
    /// @return false when it would be one too many
    [[nodiscard]] bool use(const std::string& session);
    /// @return false for a session that is not known
    [[nodiscard]] bool keep_alive(const std::string& session);
    void end(const std::string& session);
    /// Takes the mark "in use" from each session, and forgets those that had none.
    [[nodiscard]] std::vector<std::string> collect();
    [[nodiscard]] std::vector<std::string> all() const;

    /// From now on the events of the session go to this connection.
    /// @param request number of the request that binds, counted over all connections: a slow
    /// request
    ///        of the old connection must not take the session back from the one that took it later
    void bind(ConnectionId connection, const std::string& session, std::uint64_t request);
    void unbind(ConnectionId connection);
    [[nodiscard]] const std::string* session_of(ConnectionId connection) const;
    [[nodiscard]] std::optional<ConnectionId> connection_of(const std::string& session) const;

private:
    std::size_t max_sessions_;
    std::map<std::string, bool> known_;  ///< and whether it was in use since the last collect()
    std::map<ConnectionId, std::string> sessions_;
    struct Binding {
        ConnectionId connection;
        std::uint64_t request;
    };
    std::unordered_map<std::string, Binding> bindings_;  ///< by session
};

}  // namespace rivero::gateway
