// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/subscription_table.hpp"

#include "rivero/base/uuid.hpp"

namespace rivero::gateway {

std::optional<SubscriptionTable::Added> SubscriptionTable::add(const std::string& session,
                                                               const Topic& topic) {
    if (subscriptions_.size() >= limits_.in_all) return std::nullopt;
    auto& own = by_session_[session];
    if (own.size() >= limits_.per_session) return std::nullopt;
    Added added{make_uuid(), !wanted(topic)};
    own.insert(added.id);
    subscriptions_.emplace(added.id, Subscription{session, topic});
    topics_[topic][session].insert(added.id);
    return added;
}

std::optional<Topic> SubscriptionTable::remove(const std::string& session,
                                               const std::string& object, const std::string& id) {
    const auto found = subscriptions_.find(id);
    if (found == subscriptions_.end() || found->second.session != session ||
        found->second.topic.object != object)
        return std::nullopt;
    Topic topic = found->second.topic;
    if (!erase(id)) return std::nullopt;
    return topic;
}

std::vector<std::string> SubscriptionTable::sessions(const Topic& topic) const {
    std::vector<std::string> sessions;
    if (const auto found = topics_.find(topic); found != topics_.end())
        for (const auto& [session, ids] : found->second) sessions.push_back(session);
    return sessions;
}

std::vector<Topic> SubscriptionTable::drop_session(const std::string& session) {
    std::vector<Topic> unwanted;
    const auto own = by_session_.find(session);
    if (own == by_session_.end()) return unwanted;
    const auto ids = own->second;
    for (const auto& id : ids) {
        Topic topic = subscriptions_.at(id).topic;
        if (erase(id)) unwanted.push_back(std::move(topic));
    }
    return unwanted;
}

std::vector<Topic> SubscriptionTable::drop(const std::string& session, const std::string& object) {
    std::vector<std::string> ids;
    for (auto it = topics_.lower_bound({object, ""});
         it != topics_.end() && it->first.object == object; ++it)
        if (auto own = it->second.find(session); own != it->second.end())
            ids.insert(ids.end(), own->second.begin(), own->second.end());
    std::vector<Topic> unwanted;
    for (const auto& id : ids) {
        Topic topic = subscriptions_.at(id).topic;
        if (erase(id)) unwanted.push_back(std::move(topic));
    }
    return unwanted;
}

void SubscriptionTable::drop_object(const std::string& object) {
    std::vector<std::string> gone;
    for (auto it = topics_.lower_bound({object, ""});
         it != topics_.end() && it->first.object == object; ++it)
        for (const auto& [session, ids] : it->second)
            gone.insert(gone.end(), ids.begin(), ids.end());
    for (const auto& id : gone) erase(id);
}

/// @return true when it was the last one of its topic
bool SubscriptionTable::erase(const std::string& id) {
    const auto found = subscriptions_.find(id);
    const Subscription subscription = std::move(found->second);
    subscriptions_.erase(found);

    const auto own = by_session_.find(subscription.session);
    own->second.erase(id);
    if (own->second.empty()) by_session_.erase(own);

    const auto topic = topics_.find(subscription.topic);
    const auto listener = topic->second.find(subscription.session);
    listener->second.erase(id);
    if (!listener->second.empty()) return false;
    topic->second.erase(listener);
    if (!topic->second.empty()) return false;
    topics_.erase(topic);
    return true;
}

}  // namespace rivero::gateway
