// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/request_cache.hpp"

namespace rivero::gateway {
namespace {

constexpr std::size_t kMapOverhead = 200;  // nodes and reference counts, roughly

}  // namespace

std::string RequestCache::key(const std::string& session, const std::string& id) {
    // The length first: no session can be written so that it runs into the id of another.
    return std::to_string(session.size()) + ' ' + session + ' ' + id;
}

Text RequestCache::find(Time now, const std::string& key) {
    while (!by_age_.empty() && by_age_.front().until <= now) drop_oldest();
    const auto found = answers_.find(key);
    return found == answers_.end() ? nullptr : found->second.text;
}

bool RequestCache::join(const std::string& key, Waiter waiter) {
    const auto found = at_work_.find(key);
    if (found == at_work_.end()) return false;
    found->second.push_back(std::move(waiter));
    return true;
}

std::vector<RequestCache::Waiter> RequestCache::finish(const std::string& key) {
    auto node = at_work_.extract(key);
    return node.empty() ? std::vector<Waiter>{} : std::move(node.mapped());
}

void RequestCache::store(Time now, const std::string& key, Text text, std::string binds) {
    Answer answer{std::move(text), std::move(binds)};
    const std::size_t size = cost(key, answer);
    if (size > max_bytes_ || !answers_.try_emplace(key, std::move(answer)).second) return;
    bytes_ += size;
    by_age_.push_back({now + life_, key});
    while (by_age_.front().until <= now || bytes_ > max_bytes_) drop_oldest();
}

std::size_t RequestCache::cost(const std::string& key, const Answer& answer) {
    return 2 * key.size() + answer.text->size() + answer.binds.size() + kMapOverhead;
}

void RequestCache::drop_oldest() {
    const auto found = answers_.find(by_age_.front().key);
    bytes_ -= cost(found->first, found->second);
    answers_.erase(found);
    by_age_.pop_front();
}

}  // namespace rivero::gateway
