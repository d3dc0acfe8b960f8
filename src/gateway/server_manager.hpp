// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/errors.hpp"
#include "gateway/transaction.hpp"
#include "rivero/base/loop.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

namespace rivero::gateway {

class Modules;

/// The object manager_ServerManager: what the server as a whole says about itself.
class ServerManager {
public:
    /// What it tells about others, asked when a client asks.
    struct Sources {
        const Modules& modules;
        std::function<std::vector<std::string>()> pipelines;
        std::function<std::vector<std::string>()> sessions;
        std::function<std::set<pid_t>()> processes;  ///< gateway and media hosts
    };
    /// @param metadata of the configuration, any JSON; null when there is none
    ServerManager(Loop& loop, Sources sources, std::string version, Json metadata);

    /// @param reply gets {"value": ...}; later for getUsedCpu, at once for all others
    /// @throws RpcError
    void invoke(const std::string& operation, const Json& params, Reply reply);
    [[nodiscard]] static Json describe();
    [[nodiscard]] static bool has_event(const std::string& type);
    /// The members that each event of it has.
    [[nodiscard]] Json event_data() const;

private:
    using Operation = std::function<Json(const Json& params)>;

    [[nodiscard]] std::map<std::string, Operation> operations();
    [[nodiscard]] Json info() const;
    [[nodiscard]] Json tags() const;
    void used_cpu(Duration interval, Reply reply);

    Loop& loop_;
    Sources sources_;
    std::string version_;
    Json metadata_;
    std::int64_t created_;  ///< seconds since the epoch
    std::string name_;
    bool tags_in_events_ = false;
    std::map<std::string, std::string> tags_;
    std::map<std::string, Operation> operations_;
    /// Measurements under way look whether we are still there.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace rivero::gateway
