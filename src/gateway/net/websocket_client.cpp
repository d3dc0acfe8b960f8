// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/websocket_client.hpp"

#include "rivero/base/log.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace rivero::gateway::net {
namespace {

auto& log() {
    static const auto topic = log_topic("gateway.net");
    return *topic;
}

class WebsocketClient final : public ClientChannel,
                              public Closable,
                              public std::enable_shared_from_this<WebsocketClient> {
public:
    WebsocketClient(Server& server, Counted counted, Stream stream)
        : server_{server}, counted_{std::move(counted)}, socket_{std::move(stream)} {}

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
        socket_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
            self->reading_ = false;
            if (!self->id_) return;
            if (error) {
                if (error == websocket::error::message_too_big)
                    log().warn("a client was cut off: its message is longer than {} bytes",
                               self->server_.options.max_message);
                return self->finish();
            }
            const auto data = self->buffer_.cdata();
            const bool more = self->server_.gateway.on_text(
                *self->id_, {static_cast<const char*>(data.data()), data.size()});
            self->buffer_.consume(self->buffer_.size());
            // One large message must not pin its memory for the life of the connection.
            if (self->buffer_.capacity() > 65536) self->buffer_.shrink_to_fit();
            if (!self->id_) return;
            if (more) return self->read();
            self->watch_for_silence(false);
        });
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

    template <class F>
    void later(F f) {
        asio::post(socket_.get_executor(), [self = shared_from_this(), f] { f(*self); });
    }
    void finish() {
        if (!id_) return;
        server_.gateway.close(*std::exchange(id_, std::nullopt));
        server_.clients.erase(shared_from_this());  // the caller holds us, too
        server_.queued -= queued_;
        socket_.next_layer().close();
    }

    Server& server_;
    Counted counted_;
    websocket::stream<Stream, /*deflate=*/false> socket_;
    beast::flat_buffer buffer_;
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
