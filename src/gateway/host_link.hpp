// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/errors.hpp"
#include "gateway/transaction.hpp"
#include "jsonrpc/framer.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

namespace rivero::gateway {

/// Asks a media host and gets its answers and notifications. Knows no socket: bytes come in by
/// on_bytes() and leave by `write`.
class HostLink {
public:
    using Write = std::function<void(std::string frame)>;
    using OnNotification = std::function<void(jsonrpc::Notification)>;

    HostLink(Write write, OnNotification on_notification)
        : write_{std::move(write)}, on_notification_{std::move(on_notification)} {}

    /// @param reply runs when the host answers, or with the error of fail()
    void call(const std::string& method, Json params, Reply reply);
    /// @return why the stream is lost; what the host says makes no sense then
    [[nodiscard]] Result<void> on_bytes(Bytes bytes);
    /// Answers everything that waits: the host is gone.
    void fail(const ErrorObject& error);
    [[nodiscard]] std::size_t waiting() const { return replies_.size(); }

private:
    Write write_;
    OnNotification on_notification_;
    jsonrpc::FrameReader reader_;
    std::int64_t next_id_ = 1;
    std::unordered_map<std::int64_t, Reply> replies_;
};

}  // namespace rivero::gateway
