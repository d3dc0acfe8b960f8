// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace rivero::remote {

/// The numbers that clients see in `error.code`.
enum class ErrorCode : int {
    marshall_error = 40001,
    unexpected_error = 40003,
    connect_error = 40004,
    unsupported_media_type = 40005,
    not_implemented = 40006,
    invalid_session = 40007,
    malformed_transaction = 40008,
    not_enough_resources = 40009,
    media_object_type_not_found = 40100,
    media_object_not_found = 40101,
    media_object_constructor_not_found = 40104,
    media_object_method_not_found = 40105,
    media_object_event_not_supported = 40106,
    media_object_illegal_param = 40107,
    media_object_not_available = 40108,
    media_object_not_found_transaction_no_commit = 40109,
    media_object_tag_key_not_found = 40110,
    media_object_operation_not_supported = 40111,
    sdp_create_error = 40200,
    sdp_parse_error = 40201,
    sdp_no_local_sdp = 40202,
    sdp_no_remote_sdp = 40203,
    sdp_generate_offer_error = 40204,
    sdp_process_offer_error = 40205,
    sdp_process_answer_error = 40206,
    sdp_configuration_error = 40207,
    sdp_already_negotiated = 40208,
    sdp_not_offer_generated = 40209,
    sdp_answer_already_processed = 40210,
    sdp_cannot_create_session = 40211,
    http_registration_error = 40300,
    ice_gather_candidates_error = 40400,
    ice_add_candidate_error = 40401,
    server_manager_error = 40500,
    uri_path_file_not_found = 40600,
    player_seek_fail = 40700,
};

/// The name that travels as `error.data.type`; two of them keep a misspelling that is part of the
/// protocol.
[[nodiscard]] std::string_view error_type(ErrorCode code);

/// A call that cannot be done as asked: the client's mistake, or the operator's. Caught in one
/// place, the dispatcher.
class RpcError : public std::runtime_error {
public:
    RpcError(ErrorCode code, const std::string& message)
        : std::runtime_error{message}, code_{code} {}
    [[nodiscard]] ErrorCode code() const { return code_; }

private:
    ErrorCode code_;
};

}  // namespace rivero::remote
