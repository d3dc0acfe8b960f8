// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "jsonrpc/message.hpp"

#include <limits>

namespace rivero::jsonrpc {
namespace {

/// Errors quote what was wrong, which may be as long as a message may be.
constexpr std::size_t kMaxErrorText = 900;

struct TooDeep {};

/// The library's own builder of documents, which gives up when the text nests too deep. Not a
/// callback of parse(): with one, the library (3.11) looks through all members read so far behind
/// each object that ends, and a megabyte of small objects takes half a minute.
class LimitedReader : public nlohmann::detail::json_sax_dom_parser<Json> {
    using Base = nlohmann::detail::json_sax_dom_parser<Json>;

public:
    LimitedReader(Json& document, std::size_t max_depth) : Base{document}, left_{max_depth} {}

    bool start_object(std::size_t size) {
        open();
        return Base::start_object(size);
    }
    bool end_object() {
        ++left_;
        return Base::end_object();
    }
    bool start_array(std::size_t size) {
        open();
        return Base::start_array(size);
    }
    bool end_array() {
        ++left_;
        return Base::end_array();
    }

private:
    void open() {
        if (left_ == 0) throw TooDeep{};
        --left_;
    }
    std::size_t left_;  ///< levels that may still be opened
};

ErrorObject invalid_request() {
    return {kInvalidRequest, "Invalid JSON-RPC request.", {}};
}

bool is_id(const Json& id) {
    return id.is_null() || id.is_number() || id.is_string() || id.is_boolean();
}

tl::expected<ErrorObject, ErrorObject> to_error(Json& error) {
    auto code = error.find("code");
    auto message = error.find("message");
    if (code == error.end() || !code->is_number_integer() || message == error.end() ||
        !message->is_string())
        return tl::unexpected{invalid_request()};
    const auto wide = code->get<std::int64_t>();
    if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
        return tl::unexpected{invalid_request()};
    ErrorObject object{static_cast<int>(wide), std::move(message->get_ref<std::string&>()), {}};
    if (auto data = error.find("data"); data != error.end()) object.data = std::move(*data);
    return object;
}

}  // namespace

ErrorObject media_error(int code, const std::string& type, std::string message) {
    if (message.size() > kMaxErrorText) {
        std::size_t end = kMaxErrorText;
        // Not in the middle of a character: bytes 10xxxxxx continue one (RFC 3629 section 3).
        while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;
        message.resize(end);
        message += "...";
    }
    return {code, std::move(message), Json{{"type", type}}};
}

tl::expected<Json, ErrorObject> parse_text(std::string_view text, const TextLimits& limits) {
    try {
        Json document;
        LimitedReader reader{document, limits.max_depth};
        Json::sax_parse(text, &reader, Json::input_format_t::json, /*strict=*/!limits.ignore_rest,
                        /*ignore_comments=*/true);
        return document;
    } catch (const TooDeep&) {
        return tl::unexpected{ErrorObject{
            kParseError,
            "Parse error: more than " + std::to_string(limits.max_depth) + " levels of nesting",
            {}}};
    } catch (const Json::exception& e) {
        return tl::unexpected{
            ErrorObject{kParseError, std::string{"Parse error: "} + e.what(), {}}};
    }
}

tl::expected<Message, ErrorObject> to_message(Json document) {
    if (!document.is_object()) return tl::unexpected{invalid_request()};
    const auto version = document.find("jsonrpc");
    if (version == document.end() || *version != "2.0") return tl::unexpected{invalid_request()};
    Json id;
    if (auto found = document.find("id"); found != document.end()) {
        if (!is_id(*found)) return tl::unexpected{invalid_request()};
        id = std::move(*found);
    }

    if (auto method = document.find("method"); method != document.end()) {
        if (!method->is_string()) return tl::unexpected{invalid_request()};
        std::string name = std::move(method->get_ref<std::string&>());
        Json params;
        if (auto found = document.find("params"); found != document.end()) {
            if (!found->is_structured() && !found->is_null())
                return tl::unexpected{invalid_request()};
            params = std::move(*found);
        }
        if (id.is_null()) return Message{Notification{std::move(name), std::move(params)}};
        return Message{Request{std::move(id), std::move(name), std::move(params)}};
    }
    if (auto result = document.find("result"); result != document.end())
        return Message{Response{std::move(id), std::move(*result)}};
    if (auto error = document.find("error"); error != document.end() && error->is_object()) {
        auto object = to_error(*error);
        if (!object) return tl::unexpected{object.error()};
        return Message{Response{std::move(id), tl::unexpected{std::move(*object)}}};
    }
    return tl::unexpected{invalid_request()};
}

tl::expected<Message, ErrorObject> read_message(std::string_view text, const TextLimits& limits) {
    auto document = parse_text(text, limits);
    if (!document) return tl::unexpected{std::move(document.error())};
    return to_message(std::move(*document));
}

Json to_json(const ErrorObject& error) {
    Json json{{"code", error.code}, {"message", error.message}};
    if (!error.data.is_null()) json["data"] = error.data;
    return json;
}

// Built member by member: an initializer list would copy what may be a large value.
Json to_json(Request request) {
    Json json{{"jsonrpc", "2.0"}, {"method", std::move(request.method)}};
    json["id"] = std::move(request.id);
    if (!request.params.is_null()) json["params"] = std::move(request.params);
    return json;
}

Json to_json(Notification notification) {
    Json json{{"jsonrpc", "2.0"}, {"method", std::move(notification.method)}};
    if (!notification.params.is_null()) json["params"] = std::move(notification.params);
    return json;
}

Json to_json(Response response) {
    Json json{{"jsonrpc", "2.0"}};
    json["id"] = std::move(response.id);
    if (response.outcome) {
        json["result"] = std::move(*response.outcome);
    } else {
        json["error"] = to_json(response.outcome.error());
    }
    return json;
}

std::string write(const Json& json) {
    return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}
std::string write(Request request) {
    return write(to_json(std::move(request)));
}
std::string write(Notification notification) {
    return write(to_json(std::move(notification)));
}
std::string write(Response response) {
    return write(to_json(std::move(response)));
}

}  // namespace rivero::jsonrpc
