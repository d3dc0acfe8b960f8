// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jsonrpc/message.hpp"

#include <string>

namespace rivero::gateway {

using jsonrpc::ErrorObject;
using jsonrpc::Json;
using jsonrpc::RpcError;

/// What became of a request: its result, or the error that the client gets.
using Outcome = tl::expected<Json, ErrorObject>;

// The errors that the gateway itself gives; media hosts have many more. Codes and names are those
// that Kurento's clients know.
[[nodiscard]] inline ErrorObject object_not_found(const std::string& id) {
    return jsonrpc::media_error(40101, "MEDIA_OBJECT_NOT_FOUND", "Object '" + id + "' not found");
}
[[nodiscard]] inline ErrorObject invalid_session(const std::string& session) {
    return jsonrpc::media_error(40007, "INVALID_SESSION", "Invalid session '" + session + "'");
}
[[nodiscard]] inline ErrorObject bad_parameter(std::string message) {
    return jsonrpc::media_error(40001, "MARSHALL_ERROR", std::move(message));
}
[[nodiscard]] inline ErrorObject malformed_transaction(std::string message) {
    return jsonrpc::media_error(40008, "MALFORMED_TRANSACTION", std::move(message));
}
[[nodiscard]] inline ErrorObject not_enough_resources(std::string message) {
    return jsonrpc::media_error(40009, "NOT_ENOUGH_RESOURCES", std::move(message));
}
[[nodiscard]] inline ErrorObject unexpected_error(std::string message) {
    return jsonrpc::media_error(40003, "UNEXPECTED_ERROR", std::move(message));
}
[[nodiscard]] inline ErrorObject newref_outside_transaction(const std::string& ref) {
    return jsonrpc::media_error(40109, "MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT",
                                "'" + ref + "' refers to a result outside of its transaction");
}
/// An operation that the class does not have; Kurento's server gives this odd code.
[[nodiscard]] inline ErrorObject no_such_operation(const std::string& operation,
                                                   std::size_t parameters) {
    return malformed_transaction("Method '" + operation + "' with " + std::to_string(parameters) +
                                 " parameters not found");
}

}  // namespace rivero::gateway
