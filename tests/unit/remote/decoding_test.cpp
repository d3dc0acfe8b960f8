// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Which JSON clients may send for which type, and what they get.
#include "rivero/remote/builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

namespace rivero::remote {
namespace {

enum class Size { small, large };
auto describe(Identity<Size>) {
    return Enumeration<Size>{"Size", "How big.", {{Size::small, "SMALL"}, {Size::large, "LARGE"}}};
}
struct Base {
    std::string id;
};
auto describe(Identity<Base>) {
    return structure<Base>("Base", "What all have.", field("id", &Base::id, "Its name."));
}
struct Options : Base {
    std::optional<bool> wide;
    std::optional<float> factor;
    std::optional<int> count;
    std::optional<Size> size;
};
auto describe(Identity<Options>) {
    using O = Options;
    return structure<O>("Options", "Choices.", field("wide", &O::wide, "Whether.", true),
                        field("factor", &O::factor, "How much.", 0.04F),
                        field("count", &O::count, "How many."), field("size", &O::size, "Which."))
        .extending<Base>();
}

class Nothing : public Directory {
public:
    std::shared_ptr<Object> find(const std::string&) const override { return nullptr; }
};

/// The value as it would be sent back, or the error.
template <class T>
std::string read(const char* json) {
    const Nothing nothing;
    try {
        return Value<T>::encode(Value<T>::decode(Json::parse(json), {nothing, "p"})).dump();
    } catch (const RpcError& e) {
        return std::to_string(static_cast<int>(e.code())) + ": " + e.what();
    }
}

struct Case {
    const char* name;
    std::string (*read)(const char*);
    const char* sent;
    const char* got;
};

class DecodingTest : public testing::TestWithParam<Case> {};

TEST_P(DecodingTest, GivesTheValueOrSaysWhatItShouldBe) {
    EXPECT_EQ(GetParam().read(GetParam().sent), GetParam().got);
}

constexpr auto kString = &read<std::string>;
constexpr auto kBool = &read<bool>;
constexpr auto kInt = &read<std::int32_t>;
constexpr auto kInt64 = &read<std::int64_t>;
constexpr auto kFloat = &read<float>;
constexpr auto kDouble = &read<double>;
constexpr auto kEnum = &read<Size>;
constexpr auto kList = &read<std::vector<int>>;
using Map = std::map<std::string, int>;
constexpr auto kMap = &read<Map>;
constexpr auto kStruct = &read<Options>;

INSTANTIATE_TEST_SUITE_P(
    Values, DecodingTest,
    testing::Values(
        Case{"StringFromInteger", kString, "7", R"("7")"},
        Case{"StringFromReal", kString, "7.0", R"("7.0")"},
        Case{"StringFromBool", kString, "true", R"("true")"},
        Case{"StringFromNull", kString, "null", R"("")"},
        Case{"StringFromList", kString, "[]", "40001: 'p' parameter should be a string"},
        Case{"BoolFromNumber", kBool, "0.5", "true"}, Case{"BoolFromZero", kBool, "0", "false"},
        Case{"BoolFromNull", kBool, "null", "false"},
        Case{"BoolFromText", kBool, R"("true")", "40001: 'p' parameter should be a boolean"},
        Case{"IntFromReal", kInt, "-2.9", "-2"}, Case{"IntFromBool", kInt, "true", "1"},
        Case{"IntFromNull", kInt, "null", "0"},
        Case{"IntFromText", kInt, R"("5")", "40001: 'p' parameter should be a integer"},
        Case{"IntTooLarge", kInt, "2147483648", "40001: 'p' parameter should be a integer"},
        Case{"IntTooLargeReal", kInt, "2147483647.5", "40001: 'p' parameter should be a integer"},
        Case{"IntSmallest", kInt, "-2147483648", "-2147483648"},
        Case{"IntHuge", kInt, "1e300", "40001: 'p' parameter should be a integer"},
        Case{"Int64Largest", kInt64, "9223372036854775807", "9223372036854775807"},
        Case{"Int64TooLarge", kInt64, "9223372036854775808",
             "40001: 'p' parameter should be a int64"},
        Case{"Int64FromWholeReal", kInt64, "5.0", "5"},
        Case{"Int64FromReal", kInt64, "5.5", "40001: 'p' parameter should be a int64"},
        Case{"Int64FromHugeReal", kInt64, "9.3e18", "40001: 'p' parameter should be a int64"},
        Case{"FloatIsTheExactValueOf32Bits", kFloat, "0.04", "0.03999999910593033"},
        Case{"FloatWholeKeepsItsPoint", kFloat, "30", "30.0"},
        Case{"FloatTooLarge", kFloat, "1e39", "40001: 'p' parameter should be a float"},
        Case{"DoubleFromBool", kDouble, "true", "1.0"},
        Case{"DoubleFromText", kDouble, R"("1")", "40001: 'p' parameter should be a double"},
        Case{"Enum", kEnum, R"("LARGE")", R"("LARGE")"},
        Case{"EnumUnknown", kEnum, R"("HUGE")", "40001: Invalid value for 'Size': 'HUGE'"},
        Case{"EnumFromNull", kEnum, "null", "40001: Invalid value for 'Size': ''"},
        Case{"EnumFromNumber", kEnum, "1", "40001: 'p' parameter should be a string"},
        Case{"List", kList, "[1, 2.5]", "[1,2]"}, Case{"ListFromNull", kList, "null", "[]"},
        Case{"ListOfWrong", kList, R"([1, "x"])", "40001: 'p' parameter should be a integer"},
        Case{"ListFromObject", kList, "{}", "40001: 'p' parameter should be a list"},
        Case{"Map", kMap, R"({"a":1})", R"({"a":1})"}, Case{"MapEmpty", kMap, "{}", "null"},
        Case{"MapFromList", kMap, "[]", "40001: 'p' parameter should be a map"},
        Case{"StructLeavesUnsetWhatIsMissing", kStruct, R"({"id":"x","unknown":1})",
             R"({"__module__":"kurento","__type__":"Options","id":"x"})"},
        Case{
            "StructKeepsWhatIsGiven", kStruct,
            R"({"id":"x","wide":false,"factor":1,"count":3,"size":null})",
            R"({"__module__":"kurento","__type__":"Options","count":3,"factor":1.0,"id":"x","wide":false})"},
        Case{
            "StructMayNameItsType", kStruct,
            R"({"__module__":"kurento","__type__":"Options","id":"x","factor":0.04})",
            R"({"__module__":"kurento","__type__":"Options","factor":0.03999999910593033,"id":"x"})"},
        Case{"StructOfAnotherType", kStruct,
             R"({"__module__":"kurento","__type__":"Tag","id":"x"})",
             "40003: 'p': a value of type \"kurento\".\"Tag\" is not a Options"},
        Case{"StructOfAnotherModule", kStruct,
             R"({"__module__":"zoo","__type__":"Options","id":"x"})",
             "40003: 'p': a value of type \"zoo\".\"Options\" is not a Options"},
        Case{"StructWithAnOddType", kStruct, R"({"__module__":1,"__type__":[],"id":"x"})",
             "40003: 'p': a value of type 1.[] is not a Options"},
        Case{"StructLacksAnInheritedMember", kStruct, "{}",
             "40001: 'id' property should be a string"},
        Case{"StructFromNull", kStruct, "null", "40001: 'p' parameter should be a object"},
        Case{"StructWithAWrongMember", kStruct, R"({"id":"x","count":"3"})",
             "40001: 'count' property should be a integer"}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST(TypeCollector, DescribesMembersDefaultsAndBases) {
    TypeCollector types;
    Value<Options>::collect(types);
    EXPECT_TRUE(types.has("Base"));
    const Json& kmd = types.types().at("Options").kmd;
    EXPECT_EQ(kmd["extends"], "Base");
    EXPECT_EQ(kmd["properties"].size(), 4u);  // not those of the base
    EXPECT_EQ(kmd["properties"][1]["defaultValue"].dump(), "0.04");
    EXPECT_FALSE(kmd["properties"][2].contains("defaultValue"));
}

}  // namespace
}  // namespace rivero::remote
