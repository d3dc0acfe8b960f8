// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/http_session.hpp"

#include "gateway/http_files.hpp"
#include "gateway/net/websocket_client.hpp"
#include "rivero/base/log.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

namespace rivero::gateway::net {
namespace {

constexpr std::uint32_t kMaxHeader = 16 * 1024;
constexpr std::uint64_t kMaxBody = 4 * 1024;  // of what wants none
constexpr std::string_view kRecordings = "recordings";

auto& log() {
    static const auto topic = log_topic("gateway.net");
    return *topic;
}

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

/// Only the path counts, without ONE leading slash: /kurento/ is another path.
bool is_control_path(std::string_view target, const std::string& path) {
    if (target.starts_with('/')) target.remove_prefix(1);
    target = target.substr(0, target.find('?'));
    return target == path || target == "rpc";
}

class HttpSession : public std::enable_shared_from_this<HttpSession> {
public:
    HttpSession(Server& server, Stream stream)
        : server_{server},
          counted_{std::in_place, server.connections},
          stream_{std::move(stream)} {}

    void start() {
        stream_.expires_after(server_.options.patience);
        stream_.handshake([self = shared_from_this()](error_code error, std::size_t) {
            if (error) return self->stream_.close();
            self->read();
        });
    }

private:
    void read() {
        parser_.emplace();
        parser_->header_limit(kMaxHeader);
        parser_->body_limit(kMaxBody);
        stream_.expires_after(server_.options.patience);
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](error_code error, std::size_t) {
                             if (error) return self->close();
                             self->handle(self->parser_->release());
                         });
    }
    void handle(HttpRequest request) {
        keep_alive_ = request.keep_alive();
        if (websocket::is_upgrade(request)) return upgrade(request);
        head_ = request.method() == http::verb::head;
        if (!head_ && request.method() != http::verb::get) {
            return answer(http::status::method_not_allowed, "Only GET and HEAD work here.\n",
                          [](auto& response) { response.set(http::field::allow, "GET, HEAD"); });
        }
        auto steps = path_steps(view(request.target()));
        if (!steps) return answer(http::status::not_found, "There is no such page.\n");
        const std::string* root = &server_.options.web_root;
        if (!steps->empty() && steps->front() == kRecordings) {
            // The page is the same for all; recordings are somebody's. A page that gave its own
            // name our address could read them like its own.
            if (!server_.access.host_is_ours(view(request[http::field::host]), certificate()))
                return answer(http::status::forbidden, "This name is not known here.\n");
            if (!may_enter(request)) return refuse_without_token();
            root = &server_.options.recordings;
            steps->erase(steps->begin());
        }
        auto file = root->empty() ? std::nullopt : OpenFile::open(*root, *steps);
        if (!file) return answer(http::status::not_found, "There is no such page.\n");
        send_file(request, std::move(*file), root == &server_.options.recordings);
    }

    void upgrade(const HttpRequest& request) {
        keep_alive_ = false;
        const auto origin = view(request[http::field::origin]);
        const auto host = view(request[http::field::host]);
        // Which of two would count?
        if (request.count(http::field::origin) > 1 || request.count(http::field::host) > 1)
            return answer(http::status::bad_request, "One host and one origin, please.\n");
        // Libraries send an origin, too (Netty: that of the address they connect to). A browser
        // always says what it is, and no page can keep it from that.
        const bool browser = request.count(http::field::user_agent) > 0;
        if (!server_.access.origin_allowed(origin, host, certificate(), browser)) {
            log().warn(
                "a page of origin '{}' was refused at '{}'; see listen.allowedOrigins and "
                "listen.hostNames",
                origin.substr(0, 200), host.substr(0, 200));
            return answer(http::status::forbidden, "Pages of this origin may not connect.\n");
        }
        if (!may_enter(request)) return refuse_without_token();
        const bool wrong = !is_control_path(view(request.target()), server_.options.path);
        start_websocket(server_, std::move(*counted_), std::move(stream_), request, wrong);
    }

    [[nodiscard]] std::function<bool(const std::string&)> certificate() const {
        if (!stream_.secure()) return nullptr;
        return [this](const std::string& name) { return server_.tls->names(name); };
    }
    [[nodiscard]] bool may_enter(const HttpRequest& request) const {
        return server_.access.token_valid(view(request[http::field::authorization]),
                                          view(request.target()));
    }
    void refuse_without_token() {
        answer(http::status::unauthorized, "A token is needed.\n",
               [](auto& response) { response.set(http::field::www_authenticate, "Bearer"); });
    }

    template <class Set>
    void answer(http::status status, const char* text, Set set) {
        auto response = std::make_shared<http::response<http::string_body>>(status, 11);
        set(*response);
        response->set(http::field::content_type, "text/plain; charset=utf-8");
        response->body() = text;
        response->keep_alive(keep_alive_);
        response->prepare_payload();
        if (head_) response->body().clear();  // the length stays
        stream_.expires_after(server_.options.patience);
        http::async_write(stream_, *response,
                          [self = shared_from_this(), response](error_code error, std::size_t) {
                              self->next(error);
                          });
    }
    void answer(http::status status, const char* text) {
        answer(status, text, [](auto&) {});
    }

    /// A file on its way, piece by piece, so that a recording of any size needs one buffer.
    struct Sending {
        explicit Sending(OpenFile f) : file{std::move(f)} {}
        OpenFile file;
        std::uint64_t offset = 0;
        std::uint64_t left = 0;
        http::response<http::buffer_body> response;
        std::optional<http::response_serializer<http::buffer_body>> serializer;
        std::array<char, 64 * 1024> piece;
    };

    void send_file(const HttpRequest& request, OpenFile file, bool recording) {
        auto sending = std::make_shared<Sending>(std::move(file));
        const OpenFile& f = sending->file;
        auto& response = sending->response;
        response.version(11);
        response.result(http::status::ok);
        response.keep_alive(keep_alive_);
        response.set(http::field::etag, f.etag());
        response.set(http::field::cache_control,
                     "no-cache");  // ask each time; 304 when it is the same
        response.set(http::field::accept_ranges, "bytes");
        response.set("X-Content-Type-Options", "nosniff");
        response.set("Referrer-Policy", "no-referrer");  // the URL may hold a token
        // No page of another site puts what is somebody's into itself.
        if (recording) response.set("Cross-Origin-Resource-Policy", "same-site");
        response.set(http::field::content_type, beast::string_view{content_type(f.name()).data(),
                                                                   content_type(f.name()).size()});
        sending->left = f.size();

        const auto none_match = request[http::field::if_none_match];
        const auto if_range = view(request[http::field::if_range]);
        const auto range = choose_range(view(request[http::field::range]), f.size());
        if (!none_match.empty() && etag_matches(view(none_match), f.etag())) {
            response.result(http::status::not_modified);
            sending->left = 0;
        } else if (range.kind != RangeKind::whole && (if_range.empty() || if_range == f.etag())) {
            std::string content_range = "bytes */" + std::to_string(f.size());
            if (range.kind == RangeKind::part) {
                response.result(http::status::partial_content);
                sending->offset = range.range.first;
                sending->left = range.range.last - range.range.first + 1;
                content_range = "bytes " + std::to_string(range.range.first) + '-' +
                                std::to_string(range.range.last) + '/' + std::to_string(f.size());
            } else {
                response.result(http::status::range_not_satisfiable);
                sending->left = 0;
            }
            response.set(http::field::content_range, content_range);
        }
        if (response.result() != http::status::not_modified) response.content_length(sending->left);
        if (head_) sending->left = 0;
        response.body().data = nullptr;
        response.body().more = sending->left > 0;
        sending->serializer.emplace(response);
        if (head_) sending->serializer->split(true);

        stream_.expires_after(server_.options.patience);
        http::async_write_header(
            stream_, *sending->serializer,
            [self = shared_from_this(), sending](error_code error, std::size_t) {
                if (error || sending->left == 0) return self->next(error);
                self->send_piece(sending);
            });
    }

    void send_piece(const std::shared_ptr<Sending>& sending) {
        const auto wanted = std::min<std::uint64_t>(sending->left, sending->piece.size());
        const auto n = sending->file.read(sending->offset, sending->piece.data(),
                                          static_cast<std::size_t>(wanted));
        // The file was cut while we send it: the promised length cannot be kept.
        if (n == 0) return close();
        sending->offset += n;
        sending->left -= n;
        auto& body = sending->response.body();
        body.data = sending->piece.data();
        body.size = n;
        body.more = sending->left > 0;
        stream_.expires_after(server_.options.patience);
        http::async_write(stream_, *sending->serializer,
                          [self = shared_from_this(), sending](error_code error, std::size_t) {
                              // need_buffer: this piece is out and wants the next one.
                              if (error && error != http::error::need_buffer) return self->close();
                              if (sending->left == 0) return self->next({});
                              self->send_piece(sending);
                          });
    }

    void next(error_code error) {
        if (error || !keep_alive_) return close();
        read();
    }
    void close() {
        stream_.shutdown([self = shared_from_this()](error_code, std::size_t) {});
    }

    Server& server_;
    std::optional<Counted> counted_;
    Stream stream_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    bool keep_alive_ = false;
    bool head_ = false;
};

}  // namespace

void start_http(Server& server, Stream stream) {
    std::make_shared<HttpSession>(server, std::move(stream))->start();
}

}  // namespace rivero::gateway::net
