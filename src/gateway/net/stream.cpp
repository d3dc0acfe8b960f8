// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/stream.hpp"

#include "gateway/net/tls_context.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace rivero::gateway::net {

using asio::ip::tcp;

namespace {

/// A peer that does not answer our goodbye is not waited for.
constexpr Duration kGoodbye = 2s;
/// Longest record of TLS, RFC 8446 section 5.1.
constexpr std::size_t kRecord = 16 * 1024;

}  // namespace

class Stream::Socket : public std::enable_shared_from_this<Socket> {
public:
    explicit Socket(tcp::socket socket)
        : socket_{std::move(socket)}, timer_{socket_.get_executor()} {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    virtual ~Socket() = default;

    [[nodiscard]] virtual bool secure() const = 0;
    virtual void handshake(Completion done) = 0;
    virtual void read(asio::mutable_buffer to, Completion done) = 0;
    virtual void write(const Pieces& from, Completion done) = 0;
    virtual void shutdown(Completion done) = 0;

    [[nodiscard]] tcp::socket& tcp_socket() { return socket_; }
    [[nodiscard]] asio::steady_timer& timer() { return timer_; }
    void expires_after(Duration time) {
        timer_.expires_after(time);
        timer_.async_wait([weak = weak_from_this()](error_code aborted) {
            const auto alive = weak.lock();
            // Set anew while this call was already on its way: not yet.
            if (alive && !aborted && alive->timer_.expiry() <= Clock::now()) alive->close();
        });
    }
    void close() {
        timer_.cancel();
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        socket_.close(ignored);
    }
    /// Closes when the peer has. To close while it still sends would be a reset, which takes from
    /// it what we said last (a close frame, a refusal).
    void linger(Completion done) {
        expires_after(kGoodbye);
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        discard(std::move(done));
    }

private:
    void discard(Completion done) {
        socket_.async_read_some(asio::buffer(discarded_),
                                [self = shared_from_this(), done = std::move(done)](
                                    error_code error, std::size_t) mutable {
                                    if (!error) return self->discard(std::move(done));
                                    self->close();
                                    done(error_code{});
                                });
    }

    tcp::socket socket_;
    asio::steady_timer timer_;
    std::array<char, 1024> discarded_;
};

class Stream::Plain final : public Socket {
public:
    using Socket::Socket;

    [[nodiscard]] bool secure() const override { return false; }
    void handshake(Completion done) override {
        asio::post(timer().get_executor(),
                   [done = std::move(done)]() mutable { done(error_code{}); });
    }
    void read(asio::mutable_buffer to, Completion done) override {
        tcp_socket().async_read_some(asio::mutable_buffers_1{to}, std::move(done));
    }
    void write(const Pieces& from, Completion done) override {
        tcp_socket().async_write_some(from, std::move(done));
    }
    void shutdown(Completion done) override { linger(std::move(done)); }
};

class Stream::Secure final : public Socket {
public:
    Secure(tcp::socket socket, std::shared_ptr<TlsContext> context)
        : Socket{std::move(socket)},
          context_{std::move(context)},
          tls_{tcp_socket(), context_->ssl} {}

    [[nodiscard]] bool secure() const override { return true; }
    void handshake(Completion done) override {
        tls_.async_handshake(asio::ssl::stream_base::server,
                             [done = std::move(done)](error_code error) mutable { done(error); });
    }
    void read(asio::mutable_buffer to, Completion done) override {
        tls_.async_read_some(asio::mutable_buffers_1{to}, std::move(done));
    }
    void write(const Pieces& from, Completion done) override {
        // One record instead of one for each piece: a frame's header has few bytes.
        out_.resize(std::min(asio::buffer_size(from), kRecord));
        asio::buffer_copy(asio::buffer(out_), from);
        tls_.async_write_some(asio::const_buffers_1{out_.data(), out_.size()}, std::move(done));
    }
    void shutdown(Completion done) override {
        expires_after(kGoodbye);
        tls_.async_shutdown([self = std::static_pointer_cast<Secure>(shared_from_this()),
                             done = std::move(done)](error_code) mutable {
            // Most peers just close. What counts was said before.
            self->linger(std::move(done));
        });
    }

private:
    std::shared_ptr<TlsContext> context_;  ///< a new certificate must not end old connections
    asio::ssl::stream<tcp::socket&> tls_;
    std::vector<char> out_;  ///< must stay as it is while OpenSSL has it
};

Stream::Stream(tcp::socket socket) : socket_{std::make_shared<Plain>(std::move(socket))} {}
Stream::Stream(tcp::socket socket, std::shared_ptr<TlsContext> context)
    : socket_{std::make_shared<Secure>(std::move(socket), std::move(context))} {}
Stream::Stream(Stream&&) noexcept = default;
Stream::~Stream() = default;

Stream::executor_type Stream::get_executor() noexcept {
    return socket_->tcp_socket().get_executor();
}
bool Stream::secure() const {
    return socket_->secure();
}
void Stream::handshake(Completion done) {
    socket_->handshake(std::move(done));
}
void Stream::expires_after(Duration time) {
    socket_->expires_after(time);
}
void Stream::expires_never() {
    socket_->timer().cancel();
}
void Stream::shutdown(Completion done) {
    socket_->shutdown(std::move(done));
}
void Stream::close() {
    socket_->close();
}
void Stream::read(asio::mutable_buffer to, Completion done) {
    socket_->read(to, std::move(done));
}
void Stream::write(const Pieces& from, Completion done) {
    socket_->write(from, std::move(done));
}

}  // namespace rivero::gateway::net
