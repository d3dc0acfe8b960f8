// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jsonrpc/message.hpp"

#include <map>
#include <string>

namespace rivero::gateway {

/// What can be made on this server, put together from what its media hosts say in `hello`.
class Modules {
public:
    /// @param modules array of {name, version, generationTime, factories, kmd}; several entries of
    ///        one name become one. Entries that make no sense are left out.
    void merge(const jsonrpc::Json& modules);
    /// ModuleInfo values, the three that Kurento's clients insist on (core, elements, filters)
    /// first and always there.
    [[nodiscard]] jsonrpc::Json infos() const;
    /// The descriptor as JSON text; null when there is no such module.
    [[nodiscard]] const jsonrpc::Json* kmd(const std::string& name) const;

private:
    std::map<std::string, jsonrpc::Json> modules_;
};

}  // namespace rivero::gateway
