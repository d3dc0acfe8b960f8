// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/io_loop.hpp"
#include "transport/ice/ice_transport.hpp"

#include <memory>

namespace rivero::transport {

class HostResolver;
class MediaPort;

/// ICE by our own agent, over the port that all peers of a media host share. Host candidates only;
/// where a STUN or TURN server is needed, or ports per peer are wanted: NiceIceTransport.
class SharedIceTransport final : public IceTransport {
public:
    /// @param loop outlives this, as do port and resolver
    SharedIceTransport(IoLoop& loop, MediaPort& port, HostResolver& resolver, IceSettings settings);
    ~SharedIceTransport() override;

    void set_listener(Listener* listener) override;
    [[nodiscard]] const IceCredentials& local_credentials() const override;
    [[nodiscard]] Result<void> gather() override;
    [[nodiscard]] Result<void> set_remote_credentials(const IceCredentials& remote) override;
    [[nodiscard]] Result<void> add_remote_candidate(std::string_view text) override;
    [[nodiscard]] Result<void> add_remote_candidate(const IceCandidate& candidate) override;
    void end_of_remote_candidates() override {}
    [[nodiscard]] Result<void> restart(const IceCredentials& local) override;
    void set_remote_lite() override;
    [[nodiscard]] MutableBytes room() override;
    bool commit(std::size_t size) override;
    using IceTransport::send;
    std::size_t send(std::span<const Bytes> datagrams) override;
    [[nodiscard]] std::optional<Duration> round_trip() const override;
    [[nodiscard]] IceState state() const override;
    [[nodiscard]] const Counters& counters() const override;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared: a listener may destroy us in the middle of a call
};

}  // namespace rivero::transport
