// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jsonrpc/message.hpp"
#include "rivero/remote/error.hpp"

#include <string>

namespace rivero::gateway {

using jsonrpc::ErrorObject;
using jsonrpc::Json;
using jsonrpc::RpcError;

/// What became of a request: its result, or the error that the client gets.
using Outcome = tl::expected<Json, ErrorObject>;

/// The errors that the gateway itself gives; media hosts have many more.
[[nodiscard]] inline ErrorObject media_error(remote::ErrorCode code, std::string message) {
    return jsonrpc::media_error(static_cast<int>(code), std::string{error_type(code)},
                                std::move(message));
}
[[nodiscard]] inline ErrorObject object_not_found(const std::string& id) {
    return media_error(remote::ErrorCode::media_object_not_found, "Object '" + id + "' not found");
}
[[nodiscard]] inline ErrorObject invalid_session(const std::string& session) {
    return media_error(remote::ErrorCode::invalid_session, "Invalid session '" + session + "'");
}
[[nodiscard]] inline ErrorObject bad_parameter(std::string message) {
    return media_error(remote::ErrorCode::marshall_error, std::move(message));
}
[[nodiscard]] inline ErrorObject malformed_transaction(std::string message) {
    return media_error(remote::ErrorCode::malformed_transaction, std::move(message));
}
[[nodiscard]] inline ErrorObject not_enough_resources(std::string message) {
    return media_error(remote::ErrorCode::not_enough_resources, std::move(message));
}
[[nodiscard]] inline ErrorObject unexpected_error(std::string message) {
    return media_error(remote::ErrorCode::unexpected_error, std::move(message));
}
[[nodiscard]] inline ErrorObject newref_outside_transaction(const std::string& ref) {
    return media_error(remote::ErrorCode::media_object_not_found_transaction_no_commit,
                       "'" + ref + "' refers to a result outside of its transaction");
}
/// An operation that the class does not have; Kurento's server gives this odd code.
[[nodiscard]] inline ErrorObject no_such_operation(const std::string& operation,
                                                   std::size_t parameters) {
    return malformed_transaction("Method '" + operation + "' with " + std::to_string(parameters) +
                                 " parameters not found");
}

}  // namespace rivero::gateway
