// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/session_description.hpp"
#include "test_data.hpp"

#include <gtest/gtest.h>

#include <random>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace rivero::sdp {
namespace {

std::string error_of(const std::string& text) {
    const auto description = parse(text);
    return description ? "no error" : description.error().message;
}

std::string repeated(const std::string& piece, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += piece;
    return text;
}

TEST(HostileInput, IsBounded) {
    const std::string head = "v=0\r\n";
    const std::string section = "m=audio 9 RTP/SAVPF 0\r\n";
    EXPECT_EQ(error_of(head + repeated(section, 10000)), "line 66: more than 64 m-lines");
    EXPECT_EQ(error_of(head + section + repeated("a=x\r\n", 2000)),
              "line 1027: more than 1024 lines in one section");
    EXPECT_EQ(error_of(head + "m=audio 9 RTP/SAVPF" + repeated(" 0", 300) + "\r\n"),
              "line 2: m=audio: more than 256 items");
    EXPECT_EQ(error_of(head + section + "a=ssrc-group:FID" + repeated(" 1", 200) + "\r\n"),
              "line 3: a=ssrc-group: more than 128 items");
    EXPECT_EQ(error_of(head + section + "a=fmtp:0 " + repeated("a=1;", 200) + "\r\n"),
              "line 3: a=fmtp: too many parameters");
    EXPECT_EQ(error_of(head + section + "a=simulcast:send " + repeated("a,", 200) + "\r\n"),
              "line 3: a=simulcast: too many layers");
    EXPECT_EQ(error_of(std::string(600 * 1024, 'v')),
              "the description has 614400 bytes, more than the 524288 that are read");
}

TEST(HostileInput, AnnouncedSourcesAreBounded) {
    std::string media = "m=audio 9 RTP/SAVPF 0\n";
    for (int i = 0; i < 900; ++i) media += "a=ssrc:" + std::to_string(i) + " cname:x\n";
    const auto session = answered(parsed(offer_with(media)), webrtc()).session;
    EXPECT_EQ(session.sections[0].remote_sources.size(), 64u);
}

/// A description that somebody has damaged: bytes changed, lines cut, doubled, moved, and mixed
/// with lines of others.
class Damage {
public:
    explicit Damage(unsigned seed) : random_{seed} {}

    std::string apply(std::string text, const std::string& other) {
        for (unsigned i = 0, n = 1 + below(6); i < n && !text.empty(); ++i) {
            const std::size_t at = below(text.size());
            const std::size_t length = below(std::min<std::size_t>(text.size() - at, 60) + 1);
            switch (below(6)) {
                case 0:
                    text[at] = static_cast<char>(below(256));
                    break;
                case 1:
                    text.erase(at, length);
                    break;
                case 2:
                    text.insert(below(text.size()), text.substr(at, length));
                    break;
                case 3:
                    text.insert(line_start(text, at), line_of(other, below(other.size())));
                    break;
                case 4:
                    text.insert(line_start(text, at), line_of(text, below(text.size())));
                    break;
                default:
                    text.replace(at, length, kTokens[below(std::size(kTokens))]);
            }
        }
        return text;
    }

private:
    static constexpr const char* kTokens[] = {
        "0",  "-1",  "65535",  "4294967296", ";",   ":",    "=",         " ",    "\r",
        "\n", "a=",  "m=",     "~",          ",",   "/",    "*",         "apt=", "96",
        "97", "rtx", "BUNDLE", "FID",        "pt=", "rid=", "candidate:"};

    std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
    static std::size_t line_start(const std::string& text, std::size_t at) {
        const std::size_t end = text.rfind('\n', at);
        return end == std::string::npos ? 0 : end + 1;
    }
    static std::string line_of(const std::string& text, std::size_t at) {
        const std::size_t start = line_start(text, at);
        const std::size_t end = text.find('\n', start);
        return text.substr(start, end == std::string::npos ? end : end - start + 1);
    }

    std::mt19937 random_;
};

// The fuzz target itself checks that what was read prints and reads back the same.
TEST(HostileInput, DamagedDescriptionsAreReadOrRefused) {
    Damage damage{20260101};
    std::size_t read = 0, total = 0;
    for (int round = 0; round < 150; ++round) {
        for (std::size_t i = 0; i < std::size(kOffers); ++i) {
            const std::string text = damage.apply(
                stored(kOffers[i]), stored(kOffers[(i + 1 + round) % std::size(kOffers)]));
            LLVMFuzzerTestOneInput(as_bytes(text).data(), text.size());
            read += parse(text).has_value();
            ++total;
        }
    }
    // Otherwise the damage is too heavy to get past the parser.
    EXPECT_GT(read, total / 10);
    EXPECT_LT(read, total);
}

}  // namespace
}  // namespace rivero::sdp
