// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "jsonrpc/message.hpp"

#include <gtest/gtest.h>

namespace rivero::jsonrpc {
namespace {

struct Refused {
    const char* name;
    const char* text;
    int code;
};
class RefusedMessage : public testing::TestWithParam<Refused> {};

TEST_P(RefusedMessage, GetsTheCode) {
    auto message = read_message(GetParam().text);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, GetParam().code) << message.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Section4, RefusedMessage,
    testing::Values(
        Refused{"NoJson", "hello", kParseError}, Refused{"Nothing", "", kParseError},
        Refused{"HalfAnObject", R"({"jsonrpc":"2.0")", kParseError},
        Refused{"NoUtf8", "{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}", kParseError},
        Refused{"Number", "5", kInvalidRequest}, Refused{"Batch", "[]", kInvalidRequest},
        Refused{"NoVersion", R"({"id":1,"method":"ping"})", kInvalidRequest},
        Refused{"OtherVersion", R"({"id":1,"jsonrpc":"1.0","method":"ping"})", kInvalidRequest},
        Refused{"IdIsAnObject", R"({"id":{},"jsonrpc":"2.0","method":"ping"})", kInvalidRequest},
        Refused{"IdIsAnArray", R"({"id":[1],"jsonrpc":"2.0","method":"ping"})", kInvalidRequest},
        Refused{"NoMethod", R"({"id":1,"jsonrpc":"2.0"})", kInvalidRequest},
        Refused{"MethodIsANumber", R"({"id":1,"jsonrpc":"2.0","method":7})", kInvalidRequest},
        Refused{"ParamsIsAString", R"({"id":1,"jsonrpc":"2.0","method":"m","params":"x"})",
                kInvalidRequest},
        Refused{"ErrorWithoutCode", R"({"id":1,"jsonrpc":"2.0","error":{"message":"x"}})",
                kInvalidRequest},
        Refused{"ErrorCodeIsHuge",
                R"({"id":1,"jsonrpc":"2.0","error":{"code":99999999999,"message":"x"}})",
                kInvalidRequest}),
    [](const auto& row) { return row.param.name; });

class RequestId : public testing::TestWithParam<const char*> {};

TEST_P(RequestId, ComesBackWithItsType) {
    const std::string id = GetParam();
    auto message = read_message(R"({"jsonrpc":"2.0","method":"ping","id":)" + id + "}");
    ASSERT_TRUE(message);
    auto& request = std::get<Request>(*message);
    EXPECT_EQ(write(Response{request.id, Json("pong")}),
              R"({"id":)" + id + R"(,"jsonrpc":"2.0","result":"pong"})");
}

INSTANTIATE_TEST_SUITE_P(Types, RequestId, testing::Values("0", "-3", "\"a\"", "true", "1.5"));

TEST(Message, WithoutIdOrWithNullIsANotification) {
    EXPECT_TRUE(std::holds_alternative<Notification>(
        *read_message(R"({"jsonrpc":"2.0","method":"ping"})")));
    EXPECT_TRUE(std::holds_alternative<Notification>(
        *read_message(R"({"jsonrpc":"2.0","method":"ping","id":null})")));
}

TEST(Message, MayHoldComments) {
    EXPECT_TRUE(read_message("/* a */ {\"jsonrpc\":\"2.0\", // b\n\"method\":\"ping\"}"));
}

TEST(Message, NestedTooDeepIsRefusedAlsoBehindAComment) {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_TRUE(parse_text(nested(64)));
    EXPECT_EQ(parse_text(nested(65)).error().code, kParseError);
    EXPECT_EQ(parse_text("/*\"*/" + nested(500'000)).error().code, kParseError);
    EXPECT_EQ(parse_text("\"" + nested(100) + "\"").value(), nested(100));
}

TEST(Message, ErrorsTravelBothWays) {
    const Response response{
        7, tl::unexpected{media_error(40101, "MEDIA_OBJECT_NOT_FOUND", "Object 'x' not found")}};
    const std::string text = write(response);
    EXPECT_EQ(text, R"({"error":{"code":40101,"data":{"type":"MEDIA_OBJECT_NOT_FOUND"},)"
                    R"("message":"Object 'x' not found"},"id":7,"jsonrpc":"2.0"})");
    auto back = std::get<Response>(*read_message(text));
    EXPECT_EQ(back.id, 7);
    EXPECT_EQ(back.outcome.error().code, 40101);
    EXPECT_EQ(back.outcome.error().data, response.outcome.error().data);
}

TEST(Message, ErrorsQuoteOnlyTheBeginningOfWhatIsLong) {
    const std::string start(899, 'x');
    // The two bytes of the last character lie on both sides of the limit.
    const auto error = media_error(40101, "MEDIA_OBJECT_NOT_FOUND", start + "\u00e9" + start);
    EXPECT_EQ(error.message, start + "...");
    EXPECT_EQ(media_error(40101, "", start).message, start);
}

// Takes minutes, and so fails, when the reader looks at what it has read again and again.
TEST(Message, OfManySmallObjectsIsReadAtOnce) {
    std::string members = "{", items = "[";
    for (int i = 0; i < 300'000; ++i) {
        members += '"' + std::to_string(i) + "\":{},";
        items += "{},";
    }
    EXPECT_EQ(parse_text(members + "\"last\":[]}")->size(), 300'001U);
    EXPECT_EQ(parse_text(items + "[]]")->size(), 300'001U);
}

TEST(Message, IsWrittenInAscii) {
    EXPECT_EQ(write(Notification{"caf\u00e9", Json::array({"\xff"})}),
              R"({"jsonrpc":"2.0","method":"caf\u00e9","params":["\ufffd"]})");
}

TEST(Message, FloatsKeepTheirExactValue) {
    EXPECT_EQ(write(Json(2.0)), "2.0");
    EXPECT_EQ(parse_text(write(Json(0.04f)))->get<double>(), static_cast<double>(0.04f));
}

}  // namespace
}  // namespace rivero::jsonrpc
