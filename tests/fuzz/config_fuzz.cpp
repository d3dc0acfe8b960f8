// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/command_line.hpp"
#include "config/settings_io.hpp"
#include "rivero/base/assert.hpp"
#include "rivero/base/bytes.hpp"

#include <algorithm>

using namespace rivero;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

/// What was read can be printed, and what was printed can be read and says the same.
void check_round_trip(const config::Settings& settings) {
    config::Settings again;
    config::apply_json(again, config::to_commented_json(settings), "printed");
    RIVERO_ASSERT(config::to_json(again) == config::to_json(settings), "printing loses nothing");
}

}  // namespace

// The first byte says what follows: a settings file, or a command line and an environment.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text = as_text({data + 1, size - 1});
    try {
        if (data[0] % 2 == 0) {
            config::Settings settings;
            config::apply_json(settings, std::string{text}, "fuzz");
            check_round_trip(settings);
            config::check(settings);
            return 0;
        }
        std::vector<std::string> arguments;
        std::vector<std::string> environment;
        for (auto& line : lines_of(text)) {
            // Files are another matter: /dev/stdin would be one.
            if (line.starts_with("--config") || line.starts_with("RIVERO_CONFIG")) return 0;
            (line.starts_with("RIVERO_") ? environment : arguments).push_back(std::move(line));
        }
        check_round_trip(config::read_command_line(arguments, environment).settings);
    } catch (const config::ConfigError&) {  // refused with a sentence
    }
    return 0;
}
