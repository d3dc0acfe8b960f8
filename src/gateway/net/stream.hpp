// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/net/asio.hpp"
#include "gateway/net/tls.hpp"
#include "rivero/base/clock.hpp"

#include <boost/beast/core/role.hpp>

#include <array>
#include <memory>
#include <utility>

namespace rivero::gateway::net {

/// What a read or a write ends with; called once. It may hold what can only be moved.
class Completion {
public:
    template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Completion>)
        Completion(F&& f)  // NOLINT(google-explicit-constructor): any callable will do
        : work_{std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(f))} {}

    void operator()(error_code error, std::size_t bytes = 0) { work_->run(error, bytes); }

private:
    struct Work {
        Work() = default;
        Work(const Work&) = delete;
        Work& operator=(const Work&) = delete;
        virtual ~Work() = default;
        virtual void run(error_code error, std::size_t bytes) = 0;
    };
    template <class F>
    struct Holder final : Work {
        explicit Holder(F f) : f_{std::move(f)} {}
        void run(error_code error, std::size_t bytes) override { f_(error, bytes); }
        F f_;
    };
    std::unique_ptr<Work> work_;
};

/// A client's TCP connection, in TLS or not. Beast works on it as on a socket; what it hands down
/// goes through virtual functions, so that HTTP and WebSocket are compiled once for both, and
/// neither knows OpenSSL. Belongs to the one thread of its io_context.
class Stream {
public:
    using executor_type = asio::any_io_executor;
    /// A gather list; longer ones are written piece by piece.
    using Pieces = std::array<asio::const_buffer, 8>;

    explicit Stream(asio::ip::tcp::socket socket);
    Stream(asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> context);
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) = delete;
    ~Stream();

    [[nodiscard]] executor_type get_executor() noexcept;
    [[nodiscard]] bool secure() const;
    /// The TLS handshake; nothing to do without TLS.
    void handshake(Completion done);
    /// The connection is cut, and what goes on ends with an error, when this time has passed.
    void expires_after(Duration time);
    void expires_never();
    /// Tells the peer that nothing follows, and closes.
    void shutdown(Completion done);
    void close();

    template <class Buffers, class Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler) {
        return asio::async_initiate<Handler, void(error_code, std::size_t)>(
            [this](auto&& done, const Buffers& to) {
                asio::mutable_buffer first;
                for (auto it = asio::buffer_sequence_begin(to);
                     it != asio::buffer_sequence_end(to) && first.size() == 0; ++it)
                    first = *it;
                read(first, Completion{std::forward<decltype(done)>(done)});
            },
            handler, buffers);
    }
    template <class Buffers, class Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler) {
        return asio::async_initiate<Handler, void(error_code, std::size_t)>(
            [this](auto&& done, const Buffers& from) {
                Pieces pieces;
                std::size_t used = 0;
                for (auto it = asio::buffer_sequence_begin(from);
                     it != asio::buffer_sequence_end(from) && used < pieces.size(); ++it)
                    if (asio::const_buffer{*it}.size() > 0) pieces[used++] = *it;
                write(pieces, Completion{std::forward<decltype(done)>(done)});
            },
            handler, buffers);
    }

    // How Beast's WebSocket ends a connection: found by its argument.
    friend void beast_close_socket(Stream& stream) { stream.close(); }
    template <class Handler>
    friend void async_teardown(boost::beast::role_type /*role*/, Stream& stream,
                               Handler&& handler) {
        stream.shutdown([done = std::forward<Handler>(handler)](
                            error_code error, std::size_t) mutable { done(error); });
    }

private:
    class Socket;
    class Plain;
    class Secure;

    void read(asio::mutable_buffer to, Completion done);
    void write(const Pieces& from, Completion done);

    std::shared_ptr<Socket> socket_;
};

}  // namespace rivero::gateway::net
