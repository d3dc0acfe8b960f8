// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace rivero::gateway {

/// One kind of event of one object.
struct Topic {
    std::string object;
    std::string type;
    friend auto operator<=>(const Topic&, const Topic&) = default;
};

/// Who wants to hear of which events. However often a session subscribes to a topic, it hears each
/// event once, until its last subscription is gone.
class SubscriptionTable {
public:
    struct Added {
        std::string id;  ///< of the subscription, a UUID
        bool first;      ///< nobody had subscribed to the topic: the host must be told
    };
    /// Each costs memory.
    struct Limits {
        std::size_t per_session = 20'000;
        std::size_t in_all = 200'000;
    };
    explicit SubscriptionTable(const Limits& limits) : limits_{limits} {}

    /// @return nothing when it would be one too many
    [[nodiscard]] std::optional<Added> add(const std::string& session, const Topic& topic);
    /// @return the topic when nobody wants it any longer; an unknown id does nothing
    std::optional<Topic> remove(const std::string& session, const std::string& object,
                                const std::string& id);
    /// Sessions that hear of it, each once.
    [[nodiscard]] std::vector<std::string> sessions(const Topic& topic) const;
    [[nodiscard]] bool wanted(const Topic& topic) const { return topics_.contains(topic); }

    /// @return topics that nobody wants any longer
    std::vector<Topic> drop_session(const std::string& session);
    std::vector<Topic> drop(const std::string& session, const std::string& object);
    void drop_object(const std::string& object);

private:
    struct Subscription {
        std::string session;
        Topic topic;
    };
    bool erase(const std::string& id);

    Limits limits_;
    std::unordered_map<std::string, Subscription> subscriptions_;
    // Ordered by object: the topics of one object are one range.
    std::map<Topic, std::map<std::string, std::set<std::string>>> topics_;
    std::unordered_map<std::string, std::set<std::string>> by_session_;  ///< ids
};

}  // namespace rivero::gateway
