// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transport/dtls/fingerprint.hpp"

#include <openssl/types.h>

#include <string>

namespace rivero::transport {

/// Empties OpenSSL's queue of errors of this thread; the reason of the first, or `otherwise`.
[[nodiscard]] std::string take_openssl_error(const std::string& otherwise);

[[nodiscard]] Fingerprint fingerprint_of(const X509* certificate, FingerprintHash hash);
[[nodiscard]] std::string pem_of(X509* certificate);

}  // namespace rivero::transport
