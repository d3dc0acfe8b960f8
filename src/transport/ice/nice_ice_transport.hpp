// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"
#include "transport/ice/ice_transport.hpp"

#include <memory>

typedef struct _GMainContext GMainContext;

namespace rivero::transport {

class HostResolver;

/// ICE by libnice. All of an agent runs on one main context, that of the worker's loop.
class NiceIceTransport final : public IceTransport {
public:
    /// @param loop runs on `context`; both outlive this
    /// @param resolver outlives this
    NiceIceTransport(Loop& loop, GMainContext* context, HostResolver& resolver,
                     IceSettings settings);
    ~NiceIceTransport() override;

    void set_listener(Listener* listener) override;
    [[nodiscard]] const IceCredentials& local_credentials() const override;
    [[nodiscard]] Result<void> gather() override;
    [[nodiscard]] Result<void> set_remote_credentials(const IceCredentials& remote) override;
    [[nodiscard]] Result<void> add_remote_candidate(std::string_view text) override;
    [[nodiscard]] Result<void> add_remote_candidate(const IceCandidate& candidate) override;
    void end_of_remote_candidates() override;
    [[nodiscard]] Result<void> restart(const IceCredentials& local) override;
    using IceTransport::send;
    std::size_t send(std::span<const Bytes> datagrams) override;
    [[nodiscard]] IceState state() const override;
    [[nodiscard]] const Counters& counters() const override;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared: callbacks that are under way hold on to it
};

}  // namespace rivero::transport
