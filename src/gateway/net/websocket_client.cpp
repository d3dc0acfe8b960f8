// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/websocket_client.hpp"

#include "rivero/base/log.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace rivero::gateway::net {
namespace {

/// How much of a message is taken at a time.
constexpr std::size_t kPiece = 64 * 1024;
/// What a buffer may hold on to between messages.
constexpr std::size_t kKept = 8 * 1024;
/// For a refusal to leave.
constexpr Duration kGoodbye = 1s;

auto& log() {
    static const auto topic = log_topic("gateway.net");
    return *topic;
}

class WebsocketClient final : public ClientChannel,
                              public Closable,
                              public std::enable_shared_from_this<WebsocketClient> {
public:
    WebsocketClient(Server& server, Counted counted, Stream stream)
        : server_{server},
          counted_{std::move(counted)},
          socket_{std::move(stream)},
          input_{server.input,
                 [this] { later([](WebsocketClient& self) { self.refuse_message(); }); }} {}

    void accept(const HttpRequest& request, bool wrong_path) {
        // From here on the WebSocket layer does the timing.
        socket_.next_layer().expires_never();
        watch_for_silence(true);
        socket_.read_message_max(server_.options.max_message);
        socket_.auto_fragment(false);
        socket_.text(true);
        socket_.async_accept(request, [self = shared_from_this(), wrong_path](error_code error) {
            if (error) return;
            if (wrong_path) return self->close_for_wrong_path();
            self->start();
        });
    }

    void send(Text text) override {
        if (!id_ || ending_) return;
        queued_ += text->size();
        server_.queued += text->size();
        queue_.push_back(std::move(text));
        if (has_too_much()) {
            log().warn("a client was cut off: it does not take its messages, {} bytes wait",
                       queued_);
            ending_ = true;
            later([](WebsocketClient& self) { self.finish(); });
        } else if (queue_.size() == 1) {
            write();
        }
    }
    void resume() override {
        later([](WebsocketClient& self) {
            if (!self.id_ || self.reading_) return;
            self.watch_for_silence(true);
            self.read();
        });
    }
    void go_away() override {
        if (!id_ || ending_) return;
        ending_ = true;
        if (queue_.empty()) say_goodbye();  // else when the messages that wait are out
    }

private:
    /// While it is not read from, a client cannot show that it is there.
    void watch_for_silence(bool on) {
        websocket::stream_base::timeout timeouts{};
        timeouts.handshake_timeout = server_.options.patience;
        timeouts.idle_timeout = on ? server_.options.idle : websocket::stream_base::none();
        timeouts.keep_alive_pings = true;
        socket_.set_option(timeouts);
    }
    [[nodiscard]] bool has_too_much() const {
        const auto& options = server_.options;
        if (queued_ > options.max_queued) return true;
        return server_.queued > options.max_queued_in_all &&
               queued_ > options.max_queued_in_all / std::max<std::size_t>(*server_.connections, 1);
    }

    void start() {
        id_ = server_.gateway.open(*this);
        server_.clients.insert(shared_from_this());
        read();
    }
    void close_for_wrong_path() {
        socket_.async_close({websocket::close_code::protocol_error, "Invalid path"},
                            [self = shared_from_this()](error_code) {});
    }

    void read() {
        reading_ = true;
        socket_.async_read_some(buffer_, kPiece,
                                [self = shared_from_this()](error_code error, std::size_t) {
                                    self->reading_ = false;
                                    if (self->id_) self->on_read(error);
                                });
    }
    void on_read(error_code error) {
        if (error) {
            if (error == websocket::error::message_too_big)
                log().warn("a client was cut off: its message is longer than {} bytes",
                           server_.options.max_message);
            return finish();
        }
        if (!socket_.is_message_done()) {
            if (input_.grow(buffer_.capacity())) return read();
            return refuse_message();
        }
        input_.release();
        const auto data = buffer_.cdata();
        const bool more =
            server_.gateway.on_text(*id_, {static_cast<const char*>(data.data()), data.size()});
        buffer_.consume(buffer_.size());
        // One large message must not pin its memory for the life of the connection.
        if (buffer_.capacity() > kKept) buffer_.shrink_to_fit();
        if (!id_) return;
        if (more) return read();
        watch_for_silence(false);
    }
    void write() {
        socket_.async_write(asio::buffer(*queue_.front()),
                            [self = shared_from_this()](error_code error, std::size_t) {
                                if (!self->id_) return;
                                if (error) return self->finish();
                                self->queued_ -= self->queue_.front()->size();
                                self->server_.queued -= self->queue_.front()->size();
                                self->queue_.pop_front();
                                if (!self->queue_.empty()) return self->write();
                                if (self->ending_) self->say_goodbye();
                            });
    }

    void say_goodbye() {
        socket_.async_close(websocket::close_code::going_away,
                            [self = shared_from_this()](error_code) { self->finish(); });
    }

    /// Too much is held by messages that do not end, and ours is the oldest of them. Its memory is
    /// free at once, which it would not be if we waited for the peer to agree: the close frame (RFC
    /// 6455 section 5.5.1) is written past the WebSocket layer, and nothing is read any more.
    void refuse_message() {
        if (!id_) return;
        log().warn(
            "a client was cut off: its message does not end, and all such messages hold {} "
            "bytes",
            server_.input->most());
        static constexpr std::string_view kReason =
            "Too many messages have begun and do not end; this one is the oldest";
        static_assert(kReason.size() + 2 < 126);
        static const std::string frame = std::string{"\x88"} +
                                         static_cast<char>(kReason.size() + 2) +
                                         std::string{"\x03\xf5"} + std::string{kReason};  // 1013
        const bool writing = !queue_.empty();
        leave();
        auto& stream = socket_.next_layer();
        // TLS has one buffer for what it writes, and a pong of the WebSocket layer may be in it.
        if (writing || stream.secure()) return stream.close();
        stream.expires_after(kGoodbye);
        asio::async_write(stream, asio::buffer(frame),
                          [self = shared_from_this()](error_code, std::size_t) {
                              self->socket_.next_layer().close();
                          });
    }

    template <class F>
    void later(F f) {
        asio::post(socket_.get_executor(), [self = shared_from_this(), f] { f(*self); });
    }
    void finish() {
        if (!id_) return;
        leave();
        socket_.next_layer().close();
    }
    void leave() {
        server_.gateway.close(*std::exchange(id_, std::nullopt));
        input_.release();
        server_.queued -= queued_;
        server_.clients.erase(shared_from_this());  // the caller holds us, too
    }

    Server& server_;
    Counted counted_;
    websocket::stream<Stream, /*deflate=*/false> socket_;
    beast::flat_buffer buffer_;
    InputBudget::Share input_;
    std::optional<ConnectionId> id_;  ///< while the gateway knows us
    std::deque<Text> queue_;
    std::size_t queued_ = 0;
    bool reading_ = false;
    bool ending_ = false;
};

}  // namespace

void start_websocket(Server& server, Counted counted, Stream stream, const HttpRequest& request,
                     bool wrong_path) {
    std::make_shared<WebsocketClient>(server, std::move(counted), std::move(stream))
        ->accept(request, wrong_path);
}

}  // namespace rivero::gateway::net
