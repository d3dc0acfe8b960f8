// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace rivero::gateway {

// The decisions of a small web server for the demo page and its recordings; sockets are in net/.

/// @return nothing for an escape that is none
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// A request target as the steps of a path below a root, percent-decoded and without the query.
/// @return nothing for what could lead out of the root or to hidden files: "..", names that start
/// with
///         a dot, empty steps, control characters, bad escapes
[[nodiscard]] std::optional<std::vector<std::string>> path_steps(std::string_view target);

[[nodiscard]] std::string_view content_type(std::string_view file_name);

/// A part of a file, first and last byte included. RFC 9110 section 14.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};
enum class RangeKind { whole, part, unsatisfiable };
struct RangeAnswer {
    RangeKind kind = RangeKind::whole;
    ByteRange range;
};
/// What to answer to a Range header. Several ranges, other units and nonsense give the whole file,
/// as section 14.2 allows.
[[nodiscard]] RangeAnswer choose_range(std::string_view header, std::uint64_t size);

/// Changes when the file does.
[[nodiscard]] std::string make_etag(std::uint64_t size, timespec modified);
/// If-None-Match, section 13.1.2.
[[nodiscard]] bool etag_matches(std::string_view header, std::string_view etag);

/// An open regular file.
class OpenFile {
public:
    /// Opens root/step/step/...; a directory gives its index.html. Symbolic links below the root
    /// are not followed.
    /// @return nothing when there is no such file, or no permission
    [[nodiscard]] static std::optional<OpenFile> open(const std::string& root,
                                                      const std::vector<std::string>& steps);
    OpenFile(OpenFile&& other) noexcept;
    OpenFile& operator=(OpenFile&&) = delete;
    ~OpenFile();

    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] const std::string& etag() const { return etag_; }
    /// Last step of the path.
    [[nodiscard]] const std::string& name() const { return name_; }
    /// @return bytes read, 0 at the end of the file or when it cannot be read
    [[nodiscard]] std::size_t read(std::uint64_t offset, char* to, std::size_t size) const;

private:
    OpenFile(int fd, std::string name, std::uint64_t size, std::string etag);

    int fd_;
    std::string name_;
    std::uint64_t size_;
    std::string etag_;
};

}  // namespace rivero::gateway
