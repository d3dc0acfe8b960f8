// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace rivero::gateway {
namespace {

namespace fs = std::filesystem;

class UnsafePath : public testing::TestWithParam<const char*> {};
TEST_P(UnsafePath, LeadsNowhere) {
    EXPECT_EQ(path_steps(GetParam()), std::nullopt);
}
INSTANTIATE_TEST_SUITE_P(Targets, UnsafePath,
                         testing::Values("", "a", "/../etc/passwd", "/a/../b", "/%2e%2e/x",
                                         "/a%2fb", "/a//b", "/.git/config", "/a%00b", "/%", "/%4",
                                         "/%zz", "/a\\..\\b", "/%+1", "http://x/a"));

TEST(PathSteps, AreDecodedAndWithoutTheQuery) {
    EXPECT_EQ(path_steps("/"), std::vector<std::string>{});
    EXPECT_EQ(path_steps("/a/b%20c.js?x=/.."), (std::vector<std::string>{"a", "b c.js"}));
    EXPECT_EQ(path_steps("/a/"), std::vector<std::string>{"a"});
}

struct RangeCase {
    const char* name;
    const char* header;
    std::uint64_t size;
    RangeKind kind;
    ByteRange range;
};
class Range : public testing::TestWithParam<RangeCase> {};
TEST_P(Range, IsChosen) {
    const auto answer = choose_range(GetParam().header, GetParam().size);
    EXPECT_EQ(answer.kind, GetParam().kind);
    if (answer.kind == RangeKind::part) {
        EXPECT_EQ(answer.range, GetParam().range);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rfc9110, Range,
    testing::Values(RangeCase{"None", "", 100, RangeKind::whole, {}},
                    RangeCase{"FromTo", "bytes=0-9", 100, RangeKind::part, {0, 9}},
                    RangeCase{"From", "bytes=90-", 100, RangeKind::part, {90, 99}},
                    RangeCase{"BeyondTheEnd", "bytes=90-1000", 100, RangeKind::part, {90, 99}},
                    RangeCase{"TheLast", "bytes=-10", 100, RangeKind::part, {90, 99}},
                    RangeCase{"TheLastOfLess", "bytes=-1000", 100, RangeKind::part, {0, 99}},
                    RangeCase{"Behind", "bytes=100-", 100, RangeKind::unsatisfiable, {}},
                    RangeCase{"OfNothing", "bytes=0-", 0, RangeKind::unsatisfiable, {}},
                    RangeCase{"LastZero", "bytes=-0", 100, RangeKind::unsatisfiable, {}},
                    RangeCase{"Several", "bytes=0-1,5-6", 100, RangeKind::whole, {}},
                    RangeCase{"Backwards", "bytes=9-0", 100, RangeKind::whole, {}},
                    RangeCase{"OtherUnit", "lines=0-9", 100, RangeKind::whole, {}},
                    RangeCase{"Nonsense", "bytes=a-b", 100, RangeKind::whole, {}},
                    RangeCase{
                        "Overflow", "bytes=99999999999999999999-", 100, RangeKind::whole, {}}),
    [](const auto& row) { return row.param.name; });

class OpenFileTest : public testing::Test {
protected:
    OpenFileTest() {
        fs::create_directories(root / "sub");
        std::ofstream{root / "index.html"} << "hello";
        std::ofstream{root / "sub" / "a.js"} << "1234567890";
        fs::create_symlink("/etc/passwd", root / "link");
        mkfifo((root / "pipe").c_str(), 0600);
    }
    ~OpenFileTest() override { fs::remove_all(root); }
    std::string templ = (fs::temp_directory_path() / "rivero_www_XXXXXX").string();
    fs::path root = mkdtemp(templ.data());
};

TEST_F(OpenFileTest, ReadsAFileAndTheIndexOfADirectory) {
    auto file = OpenFile::open(root, {"sub", "a.js"});
    ASSERT_TRUE(file);
    char piece[4];
    EXPECT_EQ(file->size(), 10u);
    EXPECT_EQ(file->read(8, piece, 4), 2u);
    EXPECT_EQ(std::string_view(piece, 2), "90");
    EXPECT_EQ(file->read(10, piece, 4), 0u);
    EXPECT_EQ(OpenFile::open(root, {})->name(), "index.html");
}

TEST_F(OpenFileTest, GivesNoLinksPipesOrBareDirectories) {
    EXPECT_FALSE(OpenFile::open(root, {"link"}));
    EXPECT_FALSE(OpenFile::open(root, {"pipe"}));
    EXPECT_FALSE(OpenFile::open(root, {"sub"}));
    EXPECT_FALSE(OpenFile::open(root, {"index.html", "x"}));
    EXPECT_FALSE(OpenFile::open("/nowhere", {}));
}

TEST(Etag, ChangesWithTheFile) {
    EXPECT_NE(make_etag(1, {1, 0}), make_etag(1, {2, 0}));
    EXPECT_TRUE(etag_matches(R"("a", "b")", R"("b")"));
    EXPECT_TRUE(etag_matches("*", R"("b")"));
    EXPECT_FALSE(etag_matches(R"("a")", R"("b")"));
}

}  // namespace
}  // namespace rivero::gateway
