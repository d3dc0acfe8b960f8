// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/errors.hpp"

#include <cstddef>

namespace rivero::gateway {

/// Replaces each string "newref:N" anywhere in `params` by result.value of the response with index
/// N.
/// @param responses array of the JSON-RPC responses so far
/// @param budget bytes that may still be put in; without it a transaction could grow by doubling
/// @throws RpcError 40008 when N is no number or has no result yet, or the budget is used up
void inject_results(Json& params, const Json& responses, std::size_t& budget);

}  // namespace rivero::gateway
