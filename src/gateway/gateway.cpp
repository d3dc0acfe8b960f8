// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.hpp"

#include "rivero/base/uuid.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rivero::gateway {
namespace {

/// Measurements of one connection at a time that need not wait their turn.
constexpr std::size_t kMaxLate = 16;

constexpr jsonrpc::TextLimits kClientLimits{.ignore_rest = true};

Text make_text(jsonrpc::Response response) {
    return std::make_shared<const std::string>(jsonrpc::write(std::move(response)));
}

}  // namespace

Gateway::Gateway(Loop& loop, const GatewayOptions& options)
    : loop_{loop},
      options_{options},
      cache_{options.request_cache_bytes},
      service_{loop, options.service, [this](const std::string& session, const Text& event) {
                   const auto connection = service_.sessions().connection_of(session);
                   if (!connection) return;  // events of a client without connection are lost
                   connections_.at(*connection).channel.send(event);
               }} {
    collect_later();
}

ConnectionId Gateway::open(ClientChannel& channel) {
    const ConnectionId id{++last_connection_};
    connections_.emplace(id, Connection{.channel = channel});
    return id;
}

void Gateway::close(ConnectionId connection) {
    service_.sessions().unbind(connection);
    const auto found = connections_.find(connection);
    const std::size_t waiting = found->second.answers.bytes();
    connections_.erase(found);
    paused_.erase(connection);
    give_back(waiting);  // its requests are still under way
}

bool Gateway::on_text(ConnectionId id, std::string_view text) {
    Connection& connection = connections_.at(id);
    Request request{.connection = id,
                    .place = connection.answers.open(),
                    .number = ++last_request_,
                    .bytes = text.size()};
    connection.bytes += text.size();
    bytes_ += text.size();
    auto message = jsonrpc::read_message(text, kClientLimits);
    if (!message) {
        refuse(request, std::move(message.error()));
    } else if (auto* asked = std::get_if<jsonrpc::Request>(&*message)) {
        request.id = std::move(asked->id);
        start(connection, std::move(request), std::move(asked->method), std::move(asked->params));
    } else if (auto* told = std::get_if<jsonrpc::Notification>(&*message)) {
        start(connection, std::move(request), std::move(told->method), std::move(told->params));
    } else {
        refuse(request, {jsonrpc::kInvalidRequest, "Invalid JSON-RPC request.", {}});
    }
    if (!is_full(connection)) return true;
    paused_.insert(id);
    return false;
}

void Gateway::start(Connection& connection, Request request, std::string method, Json params) {
    Call call{.method = std::move(method), .params = std::move(params), .session = {}};
    if (!MediaService::has_method(call.method))
        return refuse(request, {jsonrpc::kMethodNotFound, "Method not found.", {}});
    if (call.params.is_array())
        return refuse(request, {jsonrpc::kInvalidParams, "'params' should be an object", {}});
    if (call.params.is_object()) {
        const auto given = call.params.find("sessionId");
        // Here, because what follows keeps the name.
        if (given != call.params.end() && given->is_string() &&
            given->get_ref<const std::string&>().size() > MediaService::kMaxSessionName)
            return refuse(request,
                          {jsonrpc::kServerError, "'sessionId' is longer than 256 bytes", {}});
        if (given != call.params.end() && !given->is_string())
            return refuse(request,
                          {jsonrpc::kServerError, "'sessionId' parameter should be a string", {}});
        // Clients that have none yet may write it like this; they are not all one session.
        if (given != call.params.end() && given->get_ref<const std::string&>().empty())
            call.params.erase(given);
    }
    choose_session(connection, request, call);

    if (options_.request_cache && !request.id.is_null()) {
        // 7 and "7" are the same request: Kurento compares ids as text.
        const std::string id =
            request.id.is_string() ? request.id.get<std::string>() : jsonrpc::write(request.id);
        request.cache_key = RequestCache::key(request.session, id);
        const auto repeat = [this, request](const Text& text, const std::string& binds) {
            note_session(request, binds);
            answer(request, text);
        };
        if (const auto known = cache_.find(Clock::now(), request.cache_key))
            return repeat(known, std::string{cache_.binds(request.cache_key)});
        if (cache_.join(request.cache_key, repeat)) return;
        cache_.start(request.cache_key);
    }
    if (MediaService::only_waits(call) && connection.late < kMaxLate) {
        request.late = true;
        ++connection.late;
        fill(connection, request.place, nullptr);
    }
    service_.execute(std::move(call), [this, request = std::move(request)](Outcome outcome) {
        finish(request, std::move(outcome));
    });
}

/// The session of a request: the one it names, the one that requests before it will bind, the
/// connection's, or a fresh one.
void Gateway::choose_session(Connection& connection, Request& request, Call& call) {
    const std::string* bound = service_.sessions().session_of(request.connection);
    if (connection.answers.size() == 1 && connection.late == 0) {  // nothing is under way
        connection.session = bound != nullptr ? *bound : std::string{};
        connection.session_named = bound != nullptr;
        connection.namings.clear();
    }
    if (call.params.is_object() && call.params.contains("sessionId")) {
        call.session = call.params["sessionId"].get<std::string>();
        call.session_named = true;
        connection.namings.push_back({request.number, call.session});
    } else if (!connection.namings.empty()) {
        call.session = connection.namings.back().session;
        call.session_named = true;
    } else {
        if (connection.session.empty()) {
            connection.fresh_session = make_uuid();
            connection.session = connection.fresh_session;
        }
        call.session = connection.session;
        call.session_named = connection.session_named;
    }
    call.session_fresh = call.session == connection.fresh_session;
    if (call.session_named) {
        if (call.params.is_null()) call.params = Json::object();
        call.params["sessionId"] = call.session;
    }
    request.session = call.session;
    request.session_named = call.session_named;
}

void Gateway::note_session(const Request& request, const std::string& binds) {
    const auto found = connections_.find(request.connection);
    if (found == connections_.end()) return;
    if (!binds.empty()) service_.sessions().bind(request.connection, binds, request.number);
    settle(found->second, request.number, !binds.empty());
}

void Gateway::settle(Connection& connection, std::uint64_t request, bool bound) {
    auto& namings = connection.namings;
    const auto found = std::find_if(namings.begin(), namings.end(), [&](const Naming& naming) {
        return naming.request == request;
    });
    if (found == namings.end()) return;
    if (!bound) {
        namings.erase(found);
        return;
    }
    connection.session = std::move(found->session);
    connection.session_named = true;
    namings.erase(namings.begin(), std::next(found));
}

void Gateway::finish(const Request& request, Outcome outcome) {
    std::string session = request.session_named ? request.session : std::string{};
    std::string binds;
    if (outcome && outcome->is_object() && outcome->contains("sessionId")) {
        session = binds = (*outcome)["sessionId"].get<std::string>();
    }
    note_session(request, binds);
    Text text;
    if (!request.id.is_null()) {
        text = make_text({request.id, std::move(outcome)});
    } else if (!outcome) {
        text = make_text({nullptr, std::move(outcome)});
    } else if (!outcome->is_null()) {
        text = make_text({nullptr, tl::unexpected{ErrorObject{
                                       jsonrpc::kServerError,
                                       "Ignoring response because of a notification request",
                                       std::move(*outcome)}}});
    }
    if (!request.cache_key.empty()) {
        // Without a session nobody could ask for it again: a fresh one that was never told.
        if (!session.empty()) cache_.store(Clock::now(), request.cache_key, text, binds);
        for (const auto& waiter : cache_.finish(request.cache_key)) waiter(text, binds);
    }
    answer(request, text);
}

void Gateway::answer(const Request& request, const Text& text) {
    const auto found = connections_.find(request.connection);
    if (found == connections_.end()) return give_back(request.bytes);  // the client has left
    Connection& connection = found->second;
    connection.bytes -= request.bytes;
    if (request.late) {
        --connection.late;
        if (text) connection.channel.send(text);
    } else {
        fill(connection, request.place, text);
    }
    give_back(request.bytes);
    resume_if_possible(request.connection, connection);
}

void Gateway::fill(Connection& connection, AnswerQueue::Place place, const Text& text) {
    const std::size_t before = connection.answers.bytes();
    for (auto& ready : connection.answers.close(place, text))
        connection.channel.send(std::move(ready));
    const std::size_t after = connection.answers.bytes();
    if (after > before) {
        bytes_ += after - before;
    } else {
        give_back(before - after);
    }
}

bool Gateway::is_full(const Connection& connection) const {
    const std::size_t bytes = connection.bytes + connection.answers.bytes();
    if (connection.answers.size() >= options_.requests_in_flight ||
        bytes >= options_.bytes_in_flight)
        return true;
    const std::size_t share =
        options_.bytes_in_flight_in_all / std::max<std::size_t>(connections_.size(), 1);
    return bytes_ >= options_.bytes_in_flight_in_all && bytes > share;
}

void Gateway::resume_if_possible(ConnectionId id, Connection& connection) {
    if (!paused_.contains(id) || is_full(connection)) return;
    paused_.erase(id);
    connection.channel.resume();
}

void Gateway::give_back(std::size_t bytes) {
    const bool too_much = bytes_ >= options_.bytes_in_flight_in_all;
    bytes_ -= bytes;
    if (!too_much || bytes_ >= options_.bytes_in_flight_in_all) return;
    // There is room for all again.
    for (const auto id : std::set{paused_}) resume_if_possible(id, connections_.at(id));
}

void Gateway::refuse(const Request& request, ErrorObject error) {
    answer(request, make_text({request.id, tl::unexpected{std::move(error)}}));
}

void Gateway::collect_later() {
    collector_ = loop_.post_after(options_.collector_period, [this] {
        service_.collect();
        collect_later();
    });
}

}  // namespace rivero::gateway
