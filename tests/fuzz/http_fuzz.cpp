// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_files.hpp"
#include "input.hpp"
#include "rivero/base/assert.hpp"

using namespace rivero;

// What a browser may ask of the web server: a path, and the headers that we read ourselves.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    const ByteVector target = in.piece();
    if (const auto steps = gateway::path_steps(as_text(target))) {
        for (const auto& step : *steps) {
            RIVERO_ASSERT(!step.empty() && !step.starts_with('.'),
                          "no way up and nothing hidden in a path");
            RIVERO_ASSERT(step.find_first_of(std::string_view{"/\0", 2}) == std::string::npos,
                          "a step is one step");
        }
    }
    const std::uint64_t length = in.u64() >> in.below(64);
    const ByteVector header = in.piece();
    const auto answer = gateway::choose_range(as_text(header), length);
    if (answer.kind == gateway::RangeKind::part)
        RIVERO_ASSERT(answer.range.first <= answer.range.last && answer.range.last < length,
                      "a range lies within the file");
    const ByteVector etag = in.piece();
    static_cast<void>(gateway::etag_matches(as_text(etag), gateway::make_etag(length, {})));
    return 0;
}
