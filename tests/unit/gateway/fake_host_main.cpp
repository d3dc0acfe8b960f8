// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A media host process without media: rivero_fake_host [--silent] --fd N ...
#include "fake_host.hpp"

#include <array>
#include <cstring>
#include <string>
#include <unistd.h>

int main(int argc, char** argv) {
    int fd = -1;
    bool silent = false;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--fd") == 0 && i + 1 < argc) fd = std::stoi(argv[i + 1]);
        if (std::strcmp(argv[i], "--silent") == 0) silent = true;
        if (std::strcmp(argv[i], "--broken") == 0) return 7;
    }
    rivero::gateway::test::FakeHost host{[fd](const std::string& frame) {
        for (std::size_t done = 0; done < frame.size();) {
            const auto n = write(fd, frame.data() + done, frame.size() - done);
            if (n <= 0) _exit(0);
            done += static_cast<std::size_t>(n);
        }
    }};
    if (!silent) host.hello();
    std::array<std::uint8_t, 65536> buffer{};
    while (!host.ended()) {
        const auto n = read(fd, buffer.data(), buffer.size());
        if (n <= 0) break;
        host.on_bytes({buffer.data(), static_cast<std::size_t>(n)});
    }
    return 0;
}
