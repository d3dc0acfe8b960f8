// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdp/session_description.hpp"
#include "sdp/text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How the values of single lines and attributes of a description are read.
namespace rivero::sdp {

/// What is wrong with a line; the parser adds where.
using Problem = std::optional<std::string>;
inline constexpr auto kFine = std::nullopt;

[[nodiscard]] std::string not_a_number(std::string_view what, std::string_view value);
[[nodiscard]] std::optional<PayloadType> payload_type_from(std::string_view text);
/// Fills a list with the rest of the words.
[[nodiscard]] Problem take_words(Words& words, std::vector<std::string>& list, std::size_t most);
[[nodiscard]] bool too_many_parameters(std::string_view text);

[[nodiscard]] Problem read_connection(std::string_view text, Connection& connection);
[[nodiscard]] Problem read_origin(std::string_view text, Origin& origin);
[[nodiscard]] Problem read_bandwidth(std::string_view text, std::vector<Bandwidth>& bandwidths);

// An attribute by its name, each where it may stand.
/// @return nothing for one that is not known there
[[nodiscard]] std::optional<Problem> read_common_attribute(std::string_view name,
                                                           std::string_view value,
                                                           CommonAttributes& attributes);
[[nodiscard]] std::optional<Problem> read_session_attribute(std::string_view name,
                                                            std::string_view value,
                                                            SessionDescription& session);
[[nodiscard]] std::optional<Problem> read_media_attribute(std::string_view name,
                                                          std::string_view value,
                                                          MediaSection& section);

}  // namespace rivero::sdp
