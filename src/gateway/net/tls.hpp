// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/net/daemon.hpp"
#include "rivero/base/result.hpp"

#include <memory>
#include <string>

namespace rivero::gateway::net {

struct TlsContext;

/// The certificate of the TLS listener. It can be replaced while connections live.
class Tls {
public:
    /// @throws DaemonError when the files do not hold a certificate and its key
    explicit Tls(const TlsOptions& options);

    [[nodiscard]] const std::shared_ptr<TlsContext>& context() const { return context_; }
    /// Whether the certificate is for this name, RFC 6125.
    [[nodiscard]] bool names(const std::string& host) const;

    /// Reads the files again. When they are no good, the certificate in use stays, and the log says
    /// why.
    void reload();
    /// Reads them again when they are others than at the last attempt.
    void reload_if_changed();

private:
    [[nodiscard]] Result<std::shared_ptr<TlsContext>> load() const;
    [[nodiscard]] std::string stamp() const;

    TlsOptions options_;
    std::string stamp_;  ///< of the files when they were last read
    std::shared_ptr<TlsContext> context_;
};

}  // namespace rivero::gateway::net
