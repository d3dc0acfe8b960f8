// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/remote/value.hpp"

#include "rivero/remote/class.hpp"

namespace rivero::remote {

void Decoding::wrong_type(const char* expected) const {
    throw RpcError{ErrorCode::marshall_error, "'" + name + (member ? "' property" : "' parameter") +
                                                  " should be a " + expected};
}

std::shared_ptr<Object> find_object(const Json& id, const Decoding& in) {
    if (!id.is_string() && !id.is_null()) in.wrong_type("string");
    std::string text = id.is_string() ? id.get<std::string>() : "";
    if (text.starts_with("newref:")) {
        throw RpcError{ErrorCode::media_object_not_found_transaction_no_commit,
                       "Object '" + text + "' is only known inside its transaction"};
    }
    auto object = in.objects.find(text);
    if (!object) {
        throw RpcError{ErrorCode::media_object_not_found, "Object '" + text + "' not found"};
    }
    return object;
}

void wrong_class(const Object& object, const std::string& expected, const Decoding& in) {
    throw RpcError{ErrorCode::marshall_error, "'" + in.name + "' should be a " + expected +
                                                  ", but '" + object.id() + "' is a " +
                                                  object.remote_class().name()};
}

}  // namespace rivero::remote
