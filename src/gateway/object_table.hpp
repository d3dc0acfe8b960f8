// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/ids.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rivero::gateway {

/// Objects that are no longer there.
struct Removed {
    /// To be released on their hosts, which release everything below them.
    std::vector<std::pair<HostId, std::string>> tops;
    /// All of them, children before their parents.
    std::vector<std::string> ids;
};

/// Which objects live, on which host, and which sessions refer to them. An object lives as long as
/// a session refers to it. Who refers to an object refers to its ancestors, too, so nobody's
/// element loses its pipeline.
class ObjectTable {
public:
    [[nodiscard]] bool contains(std::string_view id) const { return objects_.contains(id); }
    [[nodiscard]] std::optional<HostId> host_of(std::string_view id) const;

    /// A new object: its creator and all who refer to its parent refer to it.
    /// @return false when its parent is gone (released while the object was being made)
    [[nodiscard]] bool add(const std::string& id, HostId host, const std::string& creator);
    /// `session` refers to the object and its ancestors from now on.
    /// @return false when there is no such object
    [[nodiscard]] bool reference(const std::string& session, std::string_view id);
    /// `session` refers no longer to the object and what is below it.
    [[nodiscard]] Removed unreference(const std::string& session, std::string_view id);
    /// The object and what is below it goes, whoever refers to it.
    [[nodiscard]] Removed release(std::string_view id);
    [[nodiscard]] Removed end_session(const std::string& session);
    /// All objects to which the session refers go, whoever else refers to them.
    [[nodiscard]] Removed release_all_of(const std::string& session);
    /// The host died. Nothing is left to release: tops is empty.
    [[nodiscard]] Removed lose_host(HostId host);

    [[nodiscard]] std::vector<std::string> pipelines() const;
    [[nodiscard]] std::vector<std::string> objects_of(std::string_view pipeline) const;
    /// Number of live objects, the measure of a host's load.
    [[nodiscard]] std::size_t load(HostId host) const;
    [[nodiscard]] std::size_t size() const { return objects_.size(); }
    [[nodiscard]] std::size_t pipeline_count() const { return pipelines_; }
    /// Number of objects that the session refers to.
    [[nodiscard]] std::size_t count_of(const std::string& session) const;

private:
    struct Object {
        HostId host;
        std::set<std::string> sessions;
    };
    // Ordered by id: what is below an object follows as one range that starts with "<id>/".
    using Objects = std::map<std::string, Object, std::less<>>;

    [[nodiscard]] std::vector<Objects::iterator> subtree(std::string_view id);
    void refer(const std::string& session, Objects::iterator object);
    /// `gone` in the order of ids, so that parents come first.
    Removed remove(const std::vector<Objects::iterator>& gone);

    Objects objects_;
    std::unordered_map<std::string, std::set<std::string>> by_session_;
    std::map<HostId, std::size_t> load_;
    std::size_t pipelines_ = 0;
};

}  // namespace rivero::gateway
