// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/remote/error.hpp"

namespace rivero::remote {

std::string_view error_type(ErrorCode code) {
    switch (code) {
        case ErrorCode::marshall_error:
            return "MARSHALL_ERROR";
        case ErrorCode::unexpected_error:
            return "UNEXPECTED_ERROR";
        case ErrorCode::connect_error:
            return "CONNECT_ERROR";
        case ErrorCode::unsupported_media_type:
            return "UNSUPPORTED_MEDIA_TYPE";
        case ErrorCode::not_implemented:
            return "NOT_IMPLEMENTED";
        case ErrorCode::invalid_session:
            return "INVALID_SESSION";
        case ErrorCode::malformed_transaction:
            return "MALFORMED_TRANSACTION";
        case ErrorCode::not_enough_resources:
            return "NOT_ENOUGH_RESOURCES";
        case ErrorCode::media_object_type_not_found:
            return "MEDIA_OBJECT_TYPE_NOT_FOUND";
        case ErrorCode::media_object_not_found:
            return "MEDIA_OBJECT_NOT_FOUND";
        case ErrorCode::media_object_constructor_not_found:
            return "MEDIA_OBJECT_CONSTRUCTOR_NOT_FOUND";
        case ErrorCode::media_object_method_not_found:
            return "MEDIA_OBJECT_METHOD_NOT_FOUND";
        case ErrorCode::media_object_event_not_supported:
            return "MEDIA_OBJECT_EVENT_NOT_SUPPORTED";
        case ErrorCode::media_object_illegal_param:
            return "MEDIA_OBJECT_ILLEGAL_PARAM_ERROR";
        case ErrorCode::media_object_not_available:
            return "MEDIA_OBJECT_NOT_AVAILABLE";
        case ErrorCode::media_object_not_found_transaction_no_commit:
            return "MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT";
        case ErrorCode::media_object_tag_key_not_found:
            return "MEDIA_OBJECT_TAG_KEY_NOT_FOUND";
        case ErrorCode::media_object_operation_not_supported:
            return "MEDIA_OBJECT_OPERATION_NOT_SUPPORTED";
        case ErrorCode::sdp_create_error:
            return "SDP_CREATE_ERROR";
        case ErrorCode::sdp_parse_error:
            return "SDP_PARSE_ERROR";
        case ErrorCode::sdp_no_local_sdp:
            return "SDP_END_POINT_NO_LOCAL_SDP_ERROR";
        case ErrorCode::sdp_no_remote_sdp:
            return "SDP_END_POINT_NO_REMOTE_SDP_ERROR";
        case ErrorCode::sdp_generate_offer_error:
            return "SDP_END_POINT_GENERATE_OFFER_ERROR";
        case ErrorCode::sdp_process_offer_error:
            return "SDP_END_POINT_PROCESS_OFFER_ERROR";
        case ErrorCode::sdp_process_answer_error:
            return "SDP_END_POINT_PROCESS_ANSWER_ERROR";
        case ErrorCode::sdp_configuration_error:
            return "SDP_CONFIGURATION_ERROR";
        case ErrorCode::sdp_already_negotiated:
            return "SDP_END_POINT_ALREADY_NEGOTIATED";
        case ErrorCode::sdp_not_offer_generated:
            return "SDP_END_POINT_NOT_OFFER_GENERATED";
        case ErrorCode::sdp_answer_already_processed:
            return "SDP_END_POINT_ANSWER_ALREADY_PROCCESED";
        case ErrorCode::sdp_cannot_create_session:
            return "SDP_END_POINT_CANNOT_CREATE_SESSON";
        case ErrorCode::http_registration_error:
            return "HTTP_END_POINT_REGISTRATION_ERROR";
        case ErrorCode::ice_gather_candidates_error:
            return "ICE_GATHER_CANDIDATES_ERROR";
        case ErrorCode::ice_add_candidate_error:
            return "ICE_ADD_CANDIDATE_ERROR";
        case ErrorCode::server_manager_error:
            return "SERVER_MANAGER_ERROR_KMD_NOT_FOUND";
        case ErrorCode::uri_path_file_not_found:
            return "URI_PATH_FILE_NOT_FOUND";
        case ErrorCode::player_seek_fail:
            return "PLAYER_SEEK_FAIL";
    }
    return "UNDEFINED";
}

}  // namespace rivero::remote
