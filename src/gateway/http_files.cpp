// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace rivero::gateway {
namespace {

bool is_safe(std::string_view step) {
    if (step.empty() || step.front() == '.') return false;
    return std::none_of(step.begin(), step.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
    });
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded.push_back(text[i]);
            continue;
        }
        unsigned value = 0;
        if (i + 2 >= text.size()) return std::nullopt;
        const char* digits = text.data() + i + 1;
        const auto read = std::from_chars(digits, digits + 2, value, 16);
        if (read.ec != std::errc{} || read.ptr != digits + 2) return std::nullopt;
        decoded.push_back(static_cast<char>(value));
        i += 2;
    }
    return decoded;
}

std::optional<std::vector<std::string>> path_steps(std::string_view target) {
    const auto path = target.substr(0, target.find_first_of("?#"));
    if (!path.starts_with('/')) return std::nullopt;
    std::vector<std::string> steps;
    std::size_t from = 1;
    while (from < path.size()) {
        const auto to = std::min(path.find('/', from), path.size());
        auto step = percent_decode(path.substr(from, to - from));
        if (!step || !is_safe(*step)) return std::nullopt;
        steps.push_back(std::move(*step));
        from = to + 1;
    }
    return steps;
}

std::string_view content_type(std::string_view file_name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kTypes{{
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/plain; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".wasm", "application/wasm"},
        {".webm", "video/webm"},
        {".mkv", "video/x-matroska"},
        {".mp4", "video/mp4"},
        {".ogg", "audio/ogg"},
    }};
    for (const auto& [ending, type] : kTypes)
        if (file_name.ends_with(ending)) return type;
    return "application/octet-stream";
}

RangeAnswer choose_range(std::string_view header, std::uint64_t size) {
    constexpr std::string_view kUnit = "bytes=";
    if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) return {};
    const auto spec = header.substr(kUnit.size());
    const auto dash = spec.find('-');
    if (dash == std::string_view::npos) return {};
    const auto first = number(spec.substr(0, dash));
    const auto last = number(spec.substr(dash + 1));
    if (dash == 0) {  // the last n bytes
        if (!last) return {};
        if (*last == 0 || size == 0) return {RangeKind::unsatisfiable, {}};
        return {RangeKind::part, {size - std::min(*last, size), size - 1}};
    }
    if (!first || (dash + 1 < spec.size() && !last) || (last && *last < *first)) return {};
    if (*first >= size) return {RangeKind::unsatisfiable, {}};
    return {RangeKind::part, {*first, std::min(last.value_or(size - 1), size - 1)}};
}

std::string make_etag(std::uint64_t size, timespec modified) {
    return '"' + std::to_string(size) + '-' + std::to_string(modified.tv_sec) + '.' +
           std::to_string(modified.tv_nsec) + '"';
}

bool etag_matches(std::string_view header, std::string_view etag) {
    return header == "*" || header.find(etag) != std::string_view::npos;
}

std::optional<OpenFile> OpenFile::open(const std::string& root,
                                       const std::vector<std::string>& steps) {
    int at = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) return std::nullopt;
    std::string name;
    const auto go = [&](const char* step) {
        // One step at a time without following links: nothing below the root leads out of it.
        // O_NONBLOCK: opening a named pipe must not wait for its writer.
        const int next = openat(at, step, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        ::close(at);
        at = next;
        name = step;
        return at >= 0;
    };
    for (const auto& step : steps)
        if (!go(step.c_str())) return std::nullopt;
    struct stat info {};
    if (fstat(at, &info) == 0 && S_ISDIR(info.st_mode) && !go("index.html")) return std::nullopt;
    if (fstat(at, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(at);
        return std::nullopt;
    }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    return OpenFile{at, std::move(name), size, make_etag(size, info.st_mtim)};
}

OpenFile::OpenFile(int fd, std::string name, std::uint64_t size, std::string etag)
    : fd_{fd}, name_{std::move(name)}, size_{size}, etag_{std::move(etag)} {}

OpenFile::OpenFile(OpenFile&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)},
      name_{std::move(other.name_)},
      size_{other.size_},
      etag_{std::move(other.etag_)} {}

OpenFile::~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
}

std::size_t OpenFile::read(std::uint64_t offset, char* to, std::size_t size) const {
    const auto n = pread(fd_, to, size, static_cast<off_t>(offset));
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

}  // namespace rivero::gateway
