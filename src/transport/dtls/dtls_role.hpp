// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rivero::transport {

enum class DtlsRole {
    client,  ///< `a=setup:active`
    server,  ///< `a=setup:passive`
};

}  // namespace rivero::transport
