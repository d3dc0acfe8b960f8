// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/answer_queue.hpp"
#include "gateway/ids.hpp"
#include "gateway/media_service.hpp"
#include "gateway/request_cache.hpp"
#include "rivero/base/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rivero::gateway {

/// A client's connection, as far as the gateway sees it. Neither call blocks or calls back.
class ClientChannel {
public:
    ClientChannel() = default;
    ClientChannel(const ClientChannel&) = delete;
    ClientChannel& operator=(const ClientChannel&) = delete;
    virtual ~ClientChannel() = default;

    /// Queues a text message; a client that does not take its messages is cut off.
    virtual void send(Text text) = 0;
    /// Fewer requests are under way again: texts are welcome.
    virtual void resume() = 0;
};

struct GatewayOptions {
    ServiceOptions service;
    Duration collector_period = 240s;
    bool request_cache = true;
    std::size_t request_cache_bytes = std::size_t{64} << 20;
    std::size_t requests_in_flight = 256;
    /// Of the requests under way of one connection, and of answers that wait for others before
    /// them.
    std::size_t bytes_in_flight = std::size_t{4} << 20;
    /// The same of all connections together; then those wait that have more than their share.
    std::size_t bytes_in_flight_in_all = std::size_t{256} << 20;
};

/// What stands between connections and methods: reads the JSON-RPC envelope, gives each request its
/// session, answers repeats from the cache, and answers in order. Belongs to one loop.
///
/// The requests of a connection start in the order in which they came and, when they are about
/// different pipelines, run side by side; answers leave in the order of the requests. Those that
/// only let time pass (getUsedCpu) are the exception: nobody waits for them.
class Gateway {
public:
    Gateway(Loop& loop, const GatewayOptions& options);

    [[nodiscard]] ConnectionId open(ClientChannel& channel);
    /// @return false when so many requests are under way that the next text should wait for
    ///         ClientChannel::resume()
    [[nodiscard]] bool on_text(ConnectionId connection, std::string_view text);
    void close(ConnectionId connection);

    [[nodiscard]] MediaService& service() { return service_; }
    [[nodiscard]] std::size_t connections() const { return connections_.size(); }

private:
    struct Naming {
        std::uint64_t request;
        std::string session;
    };
    struct Connection {
        ClientChannel& channel;
        AnswerQueue answers{};
        /// The session of requests that name none: the bound one, or a fresh one.
        std::string session{};
        /// A client named it; a fresh one becomes known with the first answer only.
        bool session_named = false;
        /// Requests under way that name a session, in the order in which they came. Those behind
        /// them use it, too, although none was answered yet; until it fails, which binds nobody.
        std::vector<Naming> namings{};
        std::string fresh_session{};  ///< the last one that was made for this connection
        std::size_t bytes = 0;        ///< of requests under way
        std::size_t late = 0;         ///< requests whose answer has given up its place
    };
    /// A request on its way through the service.
    struct Request {
        ConnectionId connection;
        AnswerQueue::Place place = 0;
        std::uint64_t number = 0;
        std::size_t bytes = 0;  ///< of its text
        bool late = false;      ///< its answer leaves whenever it is there
        Json id{};              ///< null for a notification
        std::string session{};
        bool session_named = false;
        std::string cache_key{};  ///< empty when it is not cached
    };

    void start(Connection& connection, Request request, std::string method, Json params);
    void choose_session(Connection& connection, Request& request, Call& call);
    /// A request is answered. @param binds the session of its connection from now on; empty: none
    void note_session(const Request& request, const std::string& binds);
    /// When it named a session, that is the one that counts, or not at all.
    static void settle(Connection& connection, std::uint64_t request, bool bound);
    void finish(const Request& request, Outcome outcome);
    void answer(const Request& request, const Text& text);
    void fill(Connection& connection, AnswerQueue::Place place, const Text& text);
    [[nodiscard]] bool is_full(const Connection& connection) const;
    void resume_if_possible(ConnectionId id, Connection& connection);
    void give_back(std::size_t bytes);
    void refuse(const Request& request, ErrorObject error);
    void collect_later();

    Loop& loop_;
    GatewayOptions options_;
    RequestCache cache_;
    std::map<ConnectionId, Connection> connections_;
    std::set<ConnectionId> paused_;
    /// Of requests under way and of answers that wait for others before them, of all connections.
    std::size_t bytes_ = 0;
    std::uint64_t last_connection_ = 0;
    std::uint64_t last_request_ = 0;
    MediaService service_;
    Timer collector_;
};

}  // namespace rivero::gateway
