// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace rivero::jsonrpc {

using Json = nlohmann::json;

/// Codes of JSON-RPC 2.0 section 5.1.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
/// A member of params is missing or of the wrong type, as Kurento's server says it.
inline constexpr int kServerError = -32000;

/// Section 5.1.
struct ErrorObject {
    int code = 0;
    std::string message;
    Json data;  ///< null when there is none; it is not written then
};

/// An error of a media operation: data is {"type": type}. The end of a long message is cut off.
[[nodiscard]] ErrorObject media_error(int code, const std::string& type, std::string message);

/// Thrown by whoever works on a request; caught once, where the answer is written.
class RpcError : public std::exception {
public:
    explicit RpcError(ErrorObject error) : error_{std::move(error)} {}
    [[nodiscard]] const ErrorObject& error() const { return error_; }
    [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }

private:
    ErrorObject error_;
};

/// Section 4.
struct Request {
    Json id;  ///< number, string or boolean, to be given back as it is
    std::string method;
    Json params;  ///< object, array or (absent) null
};
/// Section 4.1: a request that wants no answer.
struct Notification {
    std::string method;
    Json params;
};
/// Section 5.
struct Response {
    Json id;  ///< null when the request's could not be read
    tl::expected<Json, ErrorObject> outcome;
};
using Message = std::variant<Request, Notification, Response>;

/// What a text may be.
struct TextLimits {
    /// Levels of objects and arrays. A transaction in a transaction needs about ten; writing a
    /// value out recurses, so without a limit a peer could exhaust our stack.
    std::size_t max_depth = 64;
    /// What stands behind the document is not looked at, as Kurento's clients know it.
    bool ignore_rest = false;
};

/// Reads a JSON text. C and C++ comments are allowed.
/// @return the error to answer: -32700 with the place and the reason
[[nodiscard]] tl::expected<Json, ErrorObject> parse_text(std::string_view text,
                                                         const TextLimits& limits = {});

/// Tells what a parsed document is. `id: null` makes a Notification, like no id.
/// @return the error to answer with id null: -32600
[[nodiscard]] tl::expected<Message, ErrorObject> to_message(Json document);

/// parse_text and to_message in one.
[[nodiscard]] tl::expected<Message, ErrorObject> read_message(std::string_view text,
                                                              const TextLimits& limits = {});

[[nodiscard]] Json to_json(Request request);
[[nodiscard]] Json to_json(Notification notification);
[[nodiscard]] Json to_json(Response response);
[[nodiscard]] Json to_json(const ErrorObject& error);

/// Compact, keys in order, ASCII only (other characters as \uXXXX); bytes that are no UTF-8 become
/// U+FFFD instead of an exception.
[[nodiscard]] std::string write(const Json& json);
[[nodiscard]] std::string write(Request request);
[[nodiscard]] std::string write(Notification notification);
[[nodiscard]] std::string write(Response response);

}  // namespace rivero::jsonrpc
