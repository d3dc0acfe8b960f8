// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "output.hpp"
#include "recording_error.hpp"
#include "rivero/base/result.hpp"

#include <memory>
#include <optional>
#include <string>

namespace rivero::recorder {

/// A file, written with one system call per append and without buffers of our own: what append()
/// took is the kernel's, so that the end of this process costs nothing that was handed over.
class OutputFile final : public Output {
public:
    /// Makes the missing folders (0777 minus umask) and the file; one that exists is overwritten.
    [[nodiscard]] static Result<std::unique_ptr<OutputFile>, RecordingError> open(
        const std::string& path);
    ~OutputFile() override;

    [[nodiscard]] bool append(Bytes bytes) override;
    void overwrite(std::uint64_t at, Bytes bytes) override;
    [[nodiscard]] std::uint64_t size() const override { return size_; }
    /// The first failure.
    [[nodiscard]] const std::optional<RecordingError>& error() const { return error_; }

private:
    OutputFile(std::string path, int fd) : path_{std::move(path)}, fd_{fd} {}
    [[nodiscard]] bool write(std::uint64_t at, Bytes bytes);

    std::string path_;
    int fd_;
    std::uint64_t size_ = 0;
    std::optional<RecordingError> error_;
};

}  // namespace rivero::recorder
