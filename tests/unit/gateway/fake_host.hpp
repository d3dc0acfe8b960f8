// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jsonrpc/framer.hpp"
#include "jsonrpc/message.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace rivero::gateway::test {

/// A media host without media: makes ids, echoes, raises events and fails as it is told.
///
/// Operations of its objects: `echo` gives its operationParams back, `pid` its process, `sockets`
/// how many of them it has, `fail` gives error 40001, `hold` is answered when answer_held() is
/// called or by the operation `let go`, `raise {type, data}` raises an event, `crash` ends the
/// process.
class FakeHost {
public:
    using Json = jsonrpc::Json;

    explicit FakeHost(std::function<void(std::string frame)> write) : write_{std::move(write)} {}

    void hello();
    void on_bytes(Bytes bytes);
    void answer_held();
    [[nodiscard]] bool ended() const { return ended_; }

    /// What it was asked: "create MediaPipeline", "release <id>", "subscribe <id> Error".
    std::vector<std::string> asked;
    std::set<std::string> objects;

private:
    void answer(jsonrpc::Request request);
    [[nodiscard]] Json run(const jsonrpc::Request& request);
    [[nodiscard]] Json invoke(const Json& params);

    std::function<void(std::string)> write_;
    jsonrpc::FrameReader reader_;
    std::vector<Json> held_;  ///< ids of requests
    std::set<std::string> subscribed_;
    bool ended_ = false;
};

}  // namespace rivero::gateway::test
