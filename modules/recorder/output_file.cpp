// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "output_file.hpp"

#include "rivero/base/assert.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rivero::recorder {
namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

RecordingError::Kind kind_of(int error) {
    return error == ENOSPC || error == EDQUOT ? RecordingError::Kind::no_space
                                              : RecordingError::Kind::write;
}

}  // namespace

Result<std::unique_ptr<OutputFile>, RecordingError> OutputFile::open(const std::string& path) {
    auto refused = [&](const std::string& why) {
        return tl::unexpected{
            RecordingError{RecordingError::Kind::open, path + " cannot be recorded to: " + why}};
    };
    std::error_code folder_error;
    std::filesystem::path folder = std::filesystem::path{path}.parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, folder_error);
    if (folder_error) return refused(folder.string() + ": " + folder_error.message());
    int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        int error = errno;
        return refused(reason(error));
    }
    return std::unique_ptr<OutputFile>{new OutputFile{path, fd}};
}

OutputFile::~OutputFile() {
    ::close(fd_);
}

bool OutputFile::append(Bytes bytes) {
    if (error_) return false;
    if (!write(size_, bytes)) {
        // Half a frame at the end would be the only damage in the file. Devices cannot do this.
        if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) errno = 0;
        return false;
    }
    size_ += bytes.size();
    return true;
}

void OutputFile::overwrite(std::uint64_t at, Bytes bytes) {
    RIVERO_ASSERT(at + bytes.size() <= size_, "only what is there is written over");
    // Tried after a failure, too: in place the disk needs no new space, and this is what closes the
    // file properly.
    static_cast<void>(write(at, bytes));
}

bool OutputFile::write(std::uint64_t at, Bytes bytes) {
    while (!bytes.empty()) {
        ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            int error = n < 0 ? errno : EIO;
            if (!error_)
                error_ = RecordingError{kind_of(error),
                                        path_ + " cannot be written any more: " + reason(error)};
            return false;
        }
        at += static_cast<std::uint64_t>(n);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace rivero::recorder
