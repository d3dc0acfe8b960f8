// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/host_link.hpp"

namespace rivero::gateway {
namespace {

// What a host sends holds the values of its clients in a few more levels.
constexpr jsonrpc::TextLimits kHostLimits{.max_depth = 256};

}  // namespace

void HostLink::call(const std::string& method, Json params, Reply reply) {
    const auto id = next_id_++;
    std::string text = jsonrpc::write(jsonrpc::Request{id, method, std::move(params)});
    if (text.size() > jsonrpc::kMaxFrame) {
        reply(tl::unexpected{unexpected_error("The request is too large for a media host")});
        return;
    }
    replies_.emplace(id, std::move(reply));
    write_(jsonrpc::make_frame(text));
}

Result<void> HostLink::on_bytes(Bytes bytes) {
    reader_.feed(bytes);
    while (true) {
        auto text = reader_.next();
        if (!text) return failure("a frame of a media host is empty or longer than 64 MiB");
        if (!*text) return {};
        auto message = jsonrpc::read_message(**text, kHostLimits);
        if (!message) return failure("a media host sent: " + message.error().message);
        if (auto* response = std::get_if<jsonrpc::Response>(&*message)) {
            if (!response->id.is_number_integer())
                return failure("a media host answered a request that has no number");
            auto waiting = replies_.extract(response->id.get<std::int64_t>());
            if (waiting.empty()) return failure("a media host answered what nobody asked");
            waiting.mapped()(std::move(response->outcome));
        } else if (auto* notification = std::get_if<jsonrpc::Notification>(&*message)) {
            on_notification_(std::move(*notification));
        } else {
            return failure("a media host sent a request");
        }
    }
}

void HostLink::fail(const ErrorObject& error) {
    for (auto& [id, reply] : std::exchange(replies_, {})) reply(tl::unexpected{error});
}

}  // namespace rivero::gateway
