// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/io_loop.hpp"
#include "rivero/base/result.hpp"
#include "transport/ice/ice_path.hpp"
#include "transport/tcp/tcp_port.hpp"
#include "transport/udp/address_table.hpp"
#include "transport/udp/udp_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rivero::transport {

/// One UDP port, and the TCP port of the same number, that all peers of a media host share.
///
/// Who a datagram is for: a STUN request says it by the user name, a STUN answer by the transaction
/// id, all else by the address from which it comes, once that has proved itself by a STUN message
/// with the right password. Datagrams of strangers are counted and gone.
///
/// What is sent in one turn of the loop leaves together at its end. Lives on the loop.
class MediaPort final : private TcpPort::Handler {
public:
    struct Settings {
        std::uint16_t port = 0;  ///< 0: any that is free
        bool ipv6 = true;
        bool tcp = true;
        /// For one client: every STUN answer is its.
        bool sole = false;
        /// Only this machine can reach it.
        bool loopback_only = false;
    };
    /// What has a peer behind the port. May leave, and be destroyed, in any of its calls.
    class Client {
    public:
        virtual void on_stun(MediaPort& port, const IcePath& path, Bytes message, Time arrival) = 0;
        virtual void on_datagram(MediaPort& port, const SocketAddress& remote, bool tcp,
                                 MutableBytes datagram, Time arrival) = 0;
        virtual void on_path_closed(const IcePath& path) = 0;

    protected:
        ~Client() = default;
    };
    struct Counters {
        std::uint64_t unknown_address = 0;  ///< neither STUN nor from a peer of ours
        std::uint64_t unknown_name = 0;     ///< STUN for nobody here
        std::uint64_t malformed = 0;
    };

    /// @param loop outlives this
    [[nodiscard]] static Result<std::unique_ptr<MediaPort>> open(IoLoop& loop,
                                                                 const Settings& settings);
    ~MediaPort();
    MediaPort(const MediaPort&) = delete;
    MediaPort& operator=(const MediaPort&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Buffers of its sockets, the smaller ones; see UdpSocket::granted().
    [[nodiscard]] UdpSocket::Granted granted() const;
    /// UDP datagrams that were lost here because the worker did not come to take them in time. Is
    /// logged from time to time when it grows. A system call.
    [[nodiscard]] std::uint64_t overflowed() const;
    [[nodiscard]] bool has_tcp() const { return tcp_ != nullptr; }
    /// Whether datagrams to this address of ours come in here.
    [[nodiscard]] bool reachable_at(const SocketAddress& local) const;

    /// @return a number for the client, with which its STUN transactions begin
    [[nodiscard]] std::uint32_t join(Client& client);
    void leave(std::uint32_t client);
    /// @return false when another has this name
    [[nodiscard]] bool add_name(std::uint32_t client, const std::string& ufrag);
    void remove_name(const std::string& ufrag);
    /// A request with the client's password came from this address. Anyone can send from any
    /// address, or send again what he has seen: what comes from there is the client's only until
    /// another has claimed the address, and of those who expect it the last one gets it.
    /// @return false when it is claimed by another
    [[nodiscard]] bool expect(std::uint32_t client, const IcePath& path);
    /// Who is at this address has answered the client: what comes from there is its alone. To be
    /// repeated with each answer: of more than kMaxAddresses the one goes that was only expected,
    /// or whose claim is the oldest.
    /// @return false when it is claimed by another
    [[nodiscard]] bool claim(std::uint32_t client, const IcePath& path);
    [[nodiscard]] bool claimed(std::uint32_t client, const IcePath& path) const;
    /// Nothing of interest comes from this address any more. Does nothing if it is not the
    /// client's.
    void release(std::uint32_t client, const IcePath& path);

    /// For many datagrams to one peer; null for an address that is not ours.
    [[nodiscard]] UdpSocket* socket(bool ipv6) const { return ipv6 ? v6_.get() : v4_.get(); }
    [[nodiscard]] TcpPort* tcp() const { return tcp_.get(); }
    /// One datagram, now and then.
    void send(const IcePath& path, Bytes datagram, std::optional<std::uint8_t> dscp);
    /// At the end of each turn of the loop by itself.
    void flush();

    [[nodiscard]] const Counters& counters() const { return counters_; }

    static constexpr std::size_t kMaxAddresses = 32;  ///< of one client

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    struct Address {
        SocketAddress remote;
        bool tcp = false;
        bool claimed = false;  ///< or only expected
    };
    struct Entry {
        Client* client = nullptr;
        std::vector<Address> addresses;  ///< the oldest first
        std::vector<std::string> names;
    };

    explicit MediaPort(IoLoop& loop) : loop_{loop} {}
    [[nodiscard]] Result<void> bind(const Settings& settings, std::uint16_t port);
    void attach();
    void receive(UdpSocket& socket);
    void on_frame(const SocketAddress& local, const SocketAddress& remote,
                  MutableBytes frame) override;
    void on_closed(const SocketAddress& local, const SocketAddress& remote) override;
    void dispatch(const SocketAddress& local, const SocketAddress& remote, bool tcp,
                  MutableBytes datagram, Time arrival);
    [[nodiscard]] Client* find_by_stun(Bytes message);
    [[nodiscard]] AddressTable& owners(bool tcp) { return tcp ? tcp_owners_ : udp_owners_; }
    /// Null when nobody has it.
    [[nodiscard]] Address* find(const IcePath& path);
    void take_away(const IcePath& path);
    void watch_tcp();
    void watch_overflow();

    IoLoop& loop_;
    std::uint16_t port_ = 0;
    bool sole_ = false;
    std::unique_ptr<UdpSocket> v4_, v6_;
    std::unique_ptr<TcpPort> tcp_;
    std::vector<Entry> clients_;
    std::vector<std::uint32_t> free_;
    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> names_;
    AddressTable udp_owners_, tcp_owners_;
    std::unique_ptr<IoLoop::Watch> v4_watch_, v6_watch_, tcp_watch_;
    std::unique_ptr<IoLoop::Registration> turn_end_;
    Timer tcp_timer_, overflow_timer_;
    std::uint64_t overflow_logged_ = 0, strange_seen_ = 0;
    Counters counters_;
};

}  // namespace rivero::transport
