// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/errors.hpp"
#include "gateway/host_link.hpp"
#include "gateway/ids.hpp"
#include "gateway/input_budget.hpp"
#include "gateway/modules.hpp"
#include "gateway/object_table.hpp"
#include "gateway/request_cache.hpp"
#include "gateway/resource_watch.hpp"
#include "gateway/router.hpp"
#include "gateway/server_manager.hpp"
#include "gateway/session_table.hpp"
#include "gateway/subscription_table.hpp"
#include "gateway/transaction.hpp"
#include "rivero/base/loop.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <sys/types.h>

namespace rivero::gateway {

struct ServiceOptions {
    static constexpr std::size_t kMemory = std::size_t{64} << 20;

    std::string version;
    Json metadata;
    std::size_t max_sessions = 20'000;
    std::size_t max_objects = 100'000;
    std::size_t max_objects_per_session = 50'000;
    std::size_t max_pipelines = 20'000;
    SubscriptionTable::Limits subscriptions{};
    /// `create` fails when files or threads exceed this part of what the system allows.
    double resource_limit = 0.8;
    /// For transactions at work, shared with the messages that clients have begun; empty: kMemory
    /// for transactions alone.
    std::shared_ptr<InputBudget> memory{};
};

/// One request of a client, its envelope taken off.
struct Call {
    std::string method;
    Json params;          ///< an object or null
    std::string session;  ///< the one to use: the client's, the connection's, or a fresh one
    /// The client or its connection named the session; a fresh one is not told by `ping`.
    bool session_named = false;
    /// It was made for the connection that asks: valid there although it has used no object yet.
    bool session_fresh = false;
};

/// The methods of the protocol: sessions, references and subscriptions are kept here, everything
/// about media is asked of the host that has the object. Knows no sockets; belongs to the gateway's
/// loop.
class MediaService {
public:
    static constexpr std::size_t kMaxSessionName = 256;  ///< bytes

    /// Takes an event to the connection of a session, if it has one.
    using Deliver = std::function<void(const std::string& session, const Text& event)>;

    MediaService(Loop& loop, const ServiceOptions& options, Deliver deliver);

    [[nodiscard]] static bool has_method(const std::string& method);
    /// The call waits for time to pass, not for work to be done.
    [[nodiscard]] static bool only_waits(const Call& call);
    /// @param reply runs once, at once or later; does not throw
    void execute(Call call, Reply reply);

    [[nodiscard]] SessionTable& sessions() { return sessions_; }
    /// Ends the sessions that nobody used for a period. Called once per period.
    void collect();

    // What the supervisor of the hosts says:

    /// A host was started; it takes work from its `hello` on.
    void add_host(HostId host, HostLink::Write write, std::function<void()> on_hello);
    /// @return why the host must be ended: what it sends makes no sense
    [[nodiscard]] Result<void> on_host_bytes(HostId host, Bytes bytes);
    /// The host ended, and its pipelines with it.
    void lose_host(HostId host, const std::string& why);
    /// Asks the host; for the supervisor's own calls.
    void call_host(HostId host, const std::string& method, Reply reply);

private:
    struct Host {
        std::unique_ptr<HostLink> link;
        std::function<void()> on_hello;
        pid_t pid = 0;
        bool ready = false;
    };
    using Method = void (MediaService::*)(const Call&, Reply);
    [[nodiscard]] static const std::map<std::string, Method>& methods();

    void ping(const Call& call, Reply reply);
    void connect(const Call& call, Reply reply);
    void create(const Call& call, Reply reply);
    void describe(const Call& call, Reply reply);
    void invoke(const Call& call, Reply reply);
    void subscribe(const Call& call, Reply reply);
    void unsubscribe(const Call& call, Reply reply);
    void release(const Call& call, Reply reply);
    void ref(const Call& call, Reply reply);
    void unref(const Call& call, Reply reply);
    void keep_alive(const Call& call, Reply reply);
    void transaction(const Call& call, Reply reply);
    void close_session(const Call& call, Reply reply);

    /// The session uses an object. @throws RpcError 40009 when there are too many sessions
    void use_session(const std::string& session);
    /// The session refers to the object from now on. @return its host
    /// @throws RpcError 40101, 40109
    Host& access(const std::string& session, const std::string& object);
    [[nodiscard]] ErrorObject not_found(const std::string& object) const;
    [[nodiscard]] HostId host_for_create(const std::string& type, const Json& params);
    /// @throws RpcError 40009
    void check_limits(const std::string& type, const std::string& session) const;
    [[nodiscard]] std::set<pid_t> processes() const;
    [[nodiscard]] pid_t process_of(HostId host) const;
    /// Strings of `params`, however deep, that are ids of objects.
    void for_each_known_object(const Json& params,
                               const std::function<void(const std::string&)>& visit) const;
    [[nodiscard]] std::optional<std::string> first_known_object(const Json& params) const;
    /// @throws RpcError 40004 before anything has happened
    void check_same_host(const std::string& object, const std::string& operation,
                         const Json& params) const;
    void created(HostId host, const Call& call, Outcome outcome, const Reply& reply);

    void end_session(const std::string& session);
    void drop_reference(const std::string& session, const std::string& object,
                        std::function<void()> done);
    /// Lets the hosts release what is gone from the table. @param done when they have
    void finish_removal(Removed removed, std::function<void()> done);
    void stop_topics(const std::vector<Topic>& topics);

    void on_notification(HostId host, jsonrpc::Notification notification);
    void on_hello(HostId host, const Json& hello);
    void publish(const Topic& topic, const Json& data);
    void raise_destroyed(const std::string& id);
    void remember_lost(const std::string& pipeline);

    Loop& loop_;
    ServiceOptions options_;
    Deliver deliver_;
    std::shared_ptr<InputBudget> memory_;
    const std::string server_id_;
    ObjectTable objects_;
    SubscriptionTable subscriptions_;
    SessionTable sessions_;
    Modules modules_;
    std::map<HostId, Host> hosts_;
    Router router_;
    ResourceWatch resources_;
    /// Objects that hosts are making, by session: they count, too.
    std::map<std::string, std::size_t> making_;
    std::size_t making_in_all_ = 0;
    std::size_t making_pipelines_ = 0;
    /// Subscriptions that the host has not confirmed, with those who wait for the same.
    std::map<Topic, std::vector<Reply>> subscribing_;
    /// Pipelines that went with their host, so that a later use says so; the last kMaxLost.
    std::set<std::string, std::less<>> lost_;
    std::deque<std::string> lost_in_order_;
    ServerManager manager_;
};

}  // namespace rivero::gateway
