// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <openssl/evp.h>

#include <memory>

namespace rivero::transport {

struct FreeCipherContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
/// A kept cipher of OpenSSL.
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

/// @param out null: the bytes are only authenticated. @return false when OpenSSL fails
[[nodiscard]] inline bool cipher_update(EVP_CIPHER_CTX* context, std::uint8_t* out, Bytes in) {
    int written = 0;
    return EVP_CipherUpdate(context, out, &written, in.data(), static_cast<int>(in.size())) == 1;
}

}  // namespace rivero::transport
