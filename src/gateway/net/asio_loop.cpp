// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/asio_loop.hpp"

namespace rivero::gateway::net {

void AsioLoop::post(Task task) {
    asio::post(context_, [task = std::make_shared<Task>(std::move(task))] { (*task)(); });
}

bool AsioLoop::is_current() const {
    return const_cast<asio::io_context&>(context_).get_executor().running_in_this_thread();
}

Timer AsioLoop::post_after(Duration delay, Task task) {
    auto alive = std::make_shared<bool>(true);
    auto timer = std::make_shared<asio::steady_timer>(context_, delay);
    timer->async_wait(
        [timer, alive, task = std::make_shared<Task>(std::move(task))](error_code error) {
            if (!error && std::exchange(*alive, false)) (*task)();
        });
    return Timer{std::move(alive)};
}

}  // namespace rivero::gateway::net
