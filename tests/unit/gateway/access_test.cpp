// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/access.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace rivero::gateway {
namespace {

AccessOptions options() {
    return {.allowed_origins = {"https://app.example.org"},
            .host_names = {"media.example.org"},
            .tokens = {},
            .token_file = {}};
}

struct OriginCase {
    const char* name;
    const char* origin;
    const char* host;
    bool allowed;
};
class Origin : public testing::TestWithParam<OriginCase> {};
TEST_P(Origin, IsJudged) {
    EXPECT_EQ(Access{options()}.origin_allowed(GetParam().origin, GetParam().host),
              GetParam().allowed);
}
INSTANTIATE_TEST_SUITE_P(
    Policy, Origin,
    testing::Values(
        OriginCase{"NoBrowser", "", "h:8888", true},
        OriginCase{"SameAddress", "http://192.0.2.1:8888", "192.0.2.1:8888", true},
        OriginCase{"SameName", "http://media.example.org:8888", "media.example.org:8888", true},
        OriginCase{"SameNameInCapitals", "http://Media.Example.org", "media.example.ORG", true},
        OriginCase{"SameHostV6", "http://[fe80::1]:8888", "[FE80:0::1]:8888", true},
        OriginCase{"Localhost", "http://localhost:8888", "localhost:8888", true},
        OriginCase{"PortOfTheScheme", "http://media.example.org", "media.example.org:80", true},
        OriginCase{"BehindAProxyThatEndsTls", "https://media.example.org", "media.example.org",
                   true},
        OriginCase{"Listed", "https://app.example.org", "h:8888", true},
        OriginCase{"ListedInOtherWords", "https://APP.example.org:443", "h:8888", true},
        OriginCase{"PageOfAListedName", "http://app.example.org:8888", "app.example.org:8888",
                   true},
        OriginCase{"OtherPort", "http://media.example.org:3000", "media.example.org:8888", false},
        OriginCase{"PortLeftOut", "http://media.example.org", "media.example.org:8888", false},
        OriginCase{"OtherPortOfThisMachine", "http://localhost:3000", "localhost:8888", false},
        OriginCase{"OtherNameOfThisMachine", "http://localhost:8888", "127.0.0.1:8888", false},
        OriginCase{"TheirOwnMachine", "http://localhost:8888", "media.example.org:8888", false},
        OriginCase{"OtherPortOfAListedName", "https://app.example.org:8443", "h:8888", false},
        OriginCase{"OtherSchemeOfAListedName", "http://app.example.org", "h:8888", false},
        OriginCase{"OtherScheme", "ftp://192.0.2.1:8888", "192.0.2.1:8888", false},
        OriginCase{"Foreign", "https://evil.example", "127.0.0.1:8888", false},
        OriginCase{"ReboundName", "http://evil.example:8888", "evil.example:8888", false},
        OriginCase{"LooksLocal", "http://localhost.evil.example", "h", false},
        OriginCase{"LooksLocalAndIsRebound", "http://localhost.evil.example",
                   "localhost.evil.example", false},
        OriginCase{"LooksLikeAnAddress", "http://127.0.0.1.evil.example", "127.0.0.1.evil.example",
                   false},
        OriginCase{"WithAPath", "http://192.0.2.1:8888/", "192.0.2.1:8888", false},
        OriginCase{"WithAUser", "http://192.0.2.1:8888@evil.example", "192.0.2.1:8888", false},
        OriginCase{"Two", "http://192.0.2.1:8888 http://evil.example", "192.0.2.1:8888", false},
        OriginCase{"NoHost", "http://localhost:8888", "", false},
        OriginCase{"HostIsNone", "http://localhost:8888", "localhost:8888:8888", false},
        OriginCase{"Null", "null", "h:8888", false}, OriginCase{"NoName", "http://", "", false}),
    [](const auto& row) { return row.param.name; });

TEST(OriginPolicy, AStarAllowsAll) {
    const Access access{
        {.allowed_origins = {"*"}, .host_names = {}, .tokens = {}, .token_file = {}}};
    EXPECT_TRUE(access.origin_allowed("https://evil.example", "h"));
    EXPECT_TRUE(access.host_is_ours("h"));
}

TEST(OriginPolicy, NamesInTheCertificateAreOurs) {
    const auto certificate = [](const std::string& name) { return name == "tls.example.org"; };
    const Access access{options()};
    EXPECT_TRUE(
        access.origin_allowed("https://tls.example.org:8433", "tls.example.org:8433", certificate));
    EXPECT_FALSE(
        access.origin_allowed("https://other.example.org", "other.example.org", certificate));
    EXPECT_FALSE(
        access.origin_allowed("http://tls.example.org:8433", "tls.example.org:8433", certificate));
    EXPECT_FALSE(
        access.origin_allowed("https://tls.example.org", "tls.example.org:8433", certificate));
    EXPECT_FALSE(access.host_is_ours("tls.example.org"));
}

constexpr const char* kToken = "correct horse+battery";

struct TokenCase {
    const char* name;
    const char* authorization;
    const char* target;
    bool valid;
};
class Token : public testing::TestWithParam<TokenCase> {};
TEST_P(Token, IsCompared) {
    AccessOptions with = options();
    with.tokens = {"another token, quite long", kToken};
    EXPECT_EQ(Access{with}.token_valid(GetParam().authorization, GetParam().target),
              GetParam().valid);
}
INSTANTIATE_TEST_SUITE_P(
    Rfc6750, Token,
    testing::Values(
        TokenCase{"InTheHeader", "Bearer correct horse+battery", "/kurento", true},
        TokenCase{"SchemeInOtherCase", "bearer correct horse+battery", "/kurento", true},
        TokenCase{"InTheQuery", "", "/kurento?access_token=correct%20horse%2Bbattery", true},
        TokenCase{"AmongOthers", "", "/kurento?a&b=1&access_token=correct%20horse%2bbattery&c",
                  true},
        TokenCase{"None", "", "/kurento", false},
        TokenCase{"EmptyHeader", "Bearer ", "/kurento", false},
        TokenCase{"EmptyQuery", "", "/kurento?access_token=", false},
        TokenCase{"OtherScheme", "Basic correct horse+battery", "/kurento", false},
        TokenCase{"Beginning", "Bearer correct horse", "/kurento", false},
        TokenCase{"Longer", "Bearer correct horse+battery2", "/kurento", false},
        TokenCase{"OtherParameter", "", "/kurento?xaccess_token=correct%20horse%2Bbattery", false},
        TokenCase{"BadEscape", "", "/kurento?access_token=correct%2", false},
        TokenCase{"BehindTheHash", "", "/kurento?#access_token=correct%20horse%2Bbattery", false},
        TokenCase{"HeaderWins", "Bearer wrong", "/?access_token=correct%20horse%2Bbattery", false}),
    [](const auto& row) { return row.param.name; });

TEST(Tokens, AreNotAskedForWhenThereAreNone) {
    EXPECT_TRUE(Access{options()}.token_valid("", "/kurento"));
}

class TokenFile : public testing::Test {
protected:
    ~TokenFile() override { std::filesystem::remove(path); }
    void write(const std::string& text) { std::ofstream{path} << text; }

    std::string templ = (std::filesystem::temp_directory_path() / "rivero_token_XXXXXX").string();
    std::string path = [this] {
        close(mkstemp(templ.data()));
        return templ;
    }();
};

TEST_F(TokenFile, IsReadAgainAndABadOneChangesNothing) {
    write("# ours\n\nfirst-token-of-ours \r\n");
    AccessOptions with = options();
    with.token_file = path;
    Access access{with};
    EXPECT_TRUE(access.token_valid("Bearer first-token-of-ours", "/"));
    write("second-token-of-ours\n");
    EXPECT_FALSE(access.token_valid("Bearer second-token-of-ours", "/"));
    EXPECT_TRUE(access.reload());
    EXPECT_TRUE(access.token_valid("Bearer second-token-of-ours", "/"));
    EXPECT_FALSE(access.token_valid("Bearer first-token-of-ours", "/"));
    // An empty file must not open the door.
    write("# nothing\n");
    EXPECT_FALSE(access.reload());
    EXPECT_FALSE(access.token_valid("", "/"));
    EXPECT_TRUE(access.token_valid("Bearer second-token-of-ours", "/"));
    EXPECT_THROW(Access{with}, std::runtime_error);
}

}  // namespace
}  // namespace rivero::gateway
