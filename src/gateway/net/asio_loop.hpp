// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/net/asio.hpp"
#include "rivero/base/loop.hpp"

#include <thread>

namespace rivero::gateway::net {

/// The thread that runs an io_context, as a Loop.
class AsioLoop final : public Loop {
public:
    explicit AsioLoop(asio::io_context& context) : context_{context} {}

    void post(Task task) override;
    [[nodiscard]] bool is_current() const override;
    Timer post_after(Duration delay, Task task) override;

private:
    asio::io_context& context_;
};

}  // namespace rivero::gateway::net
