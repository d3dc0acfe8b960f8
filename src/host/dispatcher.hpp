// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/object_registry.hpp"
#include "jsonrpc/message.hpp"
#include "rivero/base/guarded.hpp"
#include "rivero/base/thread_pool.hpp"
#include "rivero/media/pipeline.hpp"
#include "rivero/remote/registry.hpp"

#include <functional>
#include <set>
#include <string>
#include <utility>

namespace rivero::host {

/// Carries out the gateway's requests: finds the object, goes to its strand, calls, answers.
class Dispatcher final : public remote::EventSink {
public:
    using Send = std::function<void(std::string text)>;

    /// @param send any thread; gives a JSON text to the gateway
    Dispatcher(const remote::Registry& registry, const media::Services& services, ThreadPool& pool,
               Send send);

    /// Reader thread.
    void on_request(jsonrpc::Request request);
    /// Any thread.
    void on_event(const std::string& object_id, const std::string& type, Json data) override;
    /// Releases all that is left and waits for it. Not from a strand or the worker.
    void release_all();

    [[nodiscard]] const ObjectRegistry& objects() const { return objects_; }

private:
    void create(const Json& id, const Json& params);
    void invoke(const Json& id, const Json& params);
    void describe(const Json& id, const Json& params);
    void subscribe(const Json& id, const Json& params);
    void unsubscribe(const Json& id, const Json& params);
    void release(const Json& id, const Json& params);
    void release_object(const std::string& object_id, std::function<void()> gone);

    void answer(const Json& id, Json result);
    void fail(const Json& id, int code, const std::string& type, const std::string& message);
    /// Runs `f` and turns what it throws into the answer.
    template <class F>
    void guarded(const Json& id, F&& f);

    using Subscription = std::pair<std::string, std::string>;  // object, event type

    const remote::Registry& registry_;
    const media::Services& services_;
    ThreadPool& pool_;
    Send send_;
    ObjectRegistry objects_;
    Guarded<std::set<Subscription>> subscriptions_;
};

}  // namespace rivero::host
