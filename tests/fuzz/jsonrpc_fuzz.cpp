// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
//
// Feeds bytes to the framer and each text that comes out to the message reader; whatever is a
// message must survive being written and read again.
#include "jsonrpc/framer.hpp"
#include "jsonrpc/message.hpp"

#include <cstdint>
#include <cstdlib>

using namespace rivero;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto check = [](std::string_view text) {
        auto message = jsonrpc::read_message(text);
        if (!message) return;
        const std::string written =
            std::visit([](auto m) { return jsonrpc::write(std::move(m)); }, *message);
        if (!jsonrpc::read_message(written)) std::abort();
    };
    check(as_text({data, size}));
    jsonrpc::FrameReader reader{1u << 16};
    for (std::size_t at = 0; at < size; at += 7) {
        reader.feed({data + at, std::min<std::size_t>(7, size - at)});
        for (auto text = reader.next(); text && *text; text = reader.next()) check(**text);
    }
    return 0;
}
