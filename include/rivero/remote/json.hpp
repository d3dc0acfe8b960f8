// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace rivero {

/// A JSON value. Objects keep their members sorted by name, as clients are used to.
using Json = nlohmann::json;

}  // namespace rivero
