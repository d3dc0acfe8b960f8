// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/session_table.hpp"

#include <algorithm>

namespace rivero::gateway {

bool SessionTable::use(const std::string& session) {
    const auto found = known_.find(session);
    if (found != known_.end()) {
        found->second = true;
        return true;
    }
    if (known_.size() >= max_sessions_) return false;
    known_.emplace(session, true);
    return true;
}

bool SessionTable::keep_alive(const std::string& session) {
    const auto found = known_.find(session);
    if (found == known_.end()) return false;
    found->second = true;
    return true;
}

void SessionTable::end(const std::string& session) {
    known_.erase(session);
    if (const auto connection = connection_of(session)) unbind(*connection);
}

std::vector<std::string> SessionTable::collect() {
    std::vector<std::string> collected;
    for (auto it = known_.begin(); it != known_.end();) {
        auto& [session, used] = *it;
        if (!used && !bindings_.contains(session)) {
            collected.push_back(session);
            it = known_.erase(it);
        } else {
            used = false;
            ++it;
        }
    }
    return collected;
}

std::vector<std::string> SessionTable::all() const {
    std::vector<std::string> sessions;
    for (const auto& [session, used] : known_) sessions.push_back(session);
    return sessions;
}

void SessionTable::bind(ConnectionId connection, const std::string& session,
                        std::uint64_t request) {
    if (const auto found = bindings_.find(session); found != bindings_.end()) {
        auto& binding = found->second;
        if (binding.connection == connection) {
            binding.request = std::max(binding.request, request);
            return;
        }
        if (binding.request > request) return;
        unbind(binding.connection);
    }
    unbind(connection);
    sessions_[connection] = session;
    bindings_[session] = {connection, request};
    if (const auto found = known_.find(session); found != known_.end()) found->second = true;
}

void SessionTable::unbind(ConnectionId connection) {
    const auto found = sessions_.find(connection);
    if (found == sessions_.end()) return;
    // Its time starts now: a client that lost its connection has at least one whole period.
    if (const auto session = known_.find(found->second); session != known_.end())
        session->second = true;
    bindings_.erase(found->second);
    sessions_.erase(found);
}

const std::string* SessionTable::session_of(ConnectionId connection) const {
    const auto found = sessions_.find(connection);
    return found == sessions_.end() ? nullptr : &found->second;
}

std::optional<ConnectionId> SessionTable::connection_of(const std::string& session) const {
    const auto found = bindings_.find(session);
    if (found == bindings_.end()) return std::nullopt;
    return found->second.connection;
}

}  // namespace rivero::gateway
