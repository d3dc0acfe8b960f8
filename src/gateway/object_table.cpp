// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/object_table.hpp"

#include "rivero/base/assert.hpp"

#include <algorithm>

namespace rivero::gateway {

std::optional<HostId> ObjectTable::host_of(std::string_view id) const {
    const auto found = objects_.find(id);
    if (found == objects_.end()) return std::nullopt;
    return found->second.host;
}

bool ObjectTable::add(const std::string& id, HostId host, const std::string& creator) {
    std::set<std::string> heirs;
    if (const auto parent_id = parent_of(id); !parent_id.empty()) {
        const auto parent = objects_.find(parent_id);
        if (parent == objects_.end() || parent->second.host != host) return false;
        heirs = parent->second.sessions;
    }
    const auto [object, is_new] = objects_.try_emplace(id, Object{host, {}});
    if (!is_new) return false;  // a host gave an id twice: not ours to mix two objects up
    ++load_[host];
    if (parent_of(id).empty()) ++pipelines_;
    for (const auto& session : heirs) refer(session, object);
    return reference(creator, id);
}

bool ObjectTable::reference(const std::string& session, std::string_view id) {
    if (!contains(id)) return false;
    for (std::string_view step = id; !step.empty(); step = parent_of(step)) {
        const auto object = objects_.find(step);
        RIVERO_ASSERT(object != objects_.end(), "the ancestors of a live object are alive");
        refer(session, object);
    }
    return true;
}

Removed ObjectTable::unreference(const std::string& session, std::string_view id) {
    std::vector<Objects::iterator> gone;
    for (auto object : subtree(id)) {
        if (object->second.sessions.erase(session) == 0) continue;
        by_session_[session].erase(object->first);
        if (object->second.sessions.empty()) gone.push_back(object);
    }
    if (auto own = by_session_.find(session); own != by_session_.end() && own->second.empty())
        by_session_.erase(own);
    return remove(gone);
}

Removed ObjectTable::release(std::string_view id) {
    return remove(subtree(id));
}

Removed ObjectTable::end_session(const std::string& session) {
    const auto own = by_session_.find(session);
    if (own == by_session_.end()) return {};
    std::vector<Objects::iterator> gone;
    for (const auto& id : own->second) {
        const auto object = objects_.find(id);
        object->second.sessions.erase(session);
        if (object->second.sessions.empty()) gone.push_back(object);
    }
    by_session_.erase(own);
    return remove(gone);
}

Removed ObjectTable::release_all_of(const std::string& session) {
    const auto own = by_session_.find(session);
    if (own == by_session_.end()) return {};
    // Whatever is below an object of the session inherited the session, so this set is complete
    // unless the session dropped a single child; subtree() finds that one again.
    std::vector<Objects::iterator> gone;
    for (const auto& id : own->second) {
        if (own->second.contains(std::string{parent_of(id)})) continue;
        for (auto object : subtree(id)) gone.push_back(object);
    }
    return remove(gone);
}

Removed ObjectTable::lose_host(HostId host) {
    std::vector<Objects::iterator> gone;
    for (auto object = objects_.begin(); object != objects_.end(); ++object)
        if (object->second.host == host) gone.push_back(object);
    auto removed = remove(gone);
    removed.tops.clear();
    load_.erase(host);
    return removed;
}

std::vector<std::string> ObjectTable::pipelines() const {
    std::vector<std::string> ids;
    for (const auto& [id, object] : objects_)
        if (parent_of(id).empty()) ids.push_back(id);
    return ids;
}

std::vector<std::string> ObjectTable::objects_of(std::string_view pipeline) const {
    std::vector<std::string> ids;
    if (!contains(pipeline)) return ids;
    ids.emplace_back(pipeline);
    const std::string below = std::string{pipeline} + '/';
    for (auto it = objects_.lower_bound(below);
         it != objects_.end() && it->first.starts_with(below); ++it)
        ids.push_back(it->first);
    return ids;
}

std::size_t ObjectTable::load(HostId host) const {
    const auto found = load_.find(host);
    return found == load_.end() ? 0 : found->second;
}

std::size_t ObjectTable::count_of(const std::string& session) const {
    const auto found = by_session_.find(session);
    return found == by_session_.end() ? 0 : found->second.size();
}

std::vector<ObjectTable::Objects::iterator> ObjectTable::subtree(std::string_view id) {
    std::vector<Objects::iterator> found;
    const auto top = objects_.find(id);
    if (top == objects_.end()) return found;
    found.push_back(top);
    const std::string below = std::string{id} + '/';
    for (auto it = objects_.lower_bound(below);
         it != objects_.end() && it->first.starts_with(below); ++it)
        found.push_back(it);
    return found;
}

void ObjectTable::refer(const std::string& session, Objects::iterator object) {
    if (object->second.sessions.insert(session).second) by_session_[session].insert(object->first);
}

Removed ObjectTable::remove(const std::vector<Objects::iterator>& gone) {
    Removed removed;
    std::set<std::string_view> ids;
    for (auto object : gone) ids.insert(object->first);
    for (auto object : gone) {
        if (!ids.contains(parent_of(object->first)))
            removed.tops.emplace_back(object->second.host, object->first);
        removed.ids.push_back(object->first);
    }
    std::reverse(removed.ids.begin(), removed.ids.end());
    ids.clear();
    for (auto object : gone) {
        for (const auto& session : object->second.sessions) {
            const auto own = by_session_.find(session);
            own->second.erase(object->first);
            if (own->second.empty()) by_session_.erase(own);
        }
        if (auto load = load_.find(object->second.host); --load->second == 0) load_.erase(load);
        if (parent_of(object->first).empty()) --pipelines_;
        objects_.erase(object);
    }
    return removed;
}

}  // namespace rivero::gateway
