// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/remote/builder.hpp"

#include "rivero/base/thread_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rivero::remote {
namespace {

enum class Colour { red, green };
auto describe(Identity<Colour>) {
    return Enumeration<Colour>{
        "Colour", "What it looks like.", {{Colour::red, "RED"}, {Colour::green, "GREEN"}}};
}
struct Point {
    int x = 0;
    std::optional<std::string> label;
};
auto describe(Identity<Point>) {
    return structure<Point>("Point", "A place.", field("x", &Point::x, "To the right."),
                            field("label", &Point::label, "Its name."));
}
struct Moved {
    Point to;
};
auto describe(Identity<Moved>) {
    return structure<Moved>("Moved", "It is elsewhere.", field("to", &Moved::to, "Where."));
}

class Shape : public Object {
public:
    static constexpr const char* kClassName = "Shape";
    using Object::Object;
    int area() const { return area_; }
    void set_area(int a) { area_ = a; }

private:
    int area_ = 7;
};

class Circle : public Shape {
public:
    static constexpr const char* kClassName = "Circle";
    Circle(ObjectInit init, Shape& parent, Colour colour, std::int64_t n)
        : Shape{std::move(init)}, parent_id{parent.id()}, colour_{colour}, n_{n} {}
    std::string tell(const std::string& a, std::optional<int> b, std::optional<int> c) {
        return a + "," + (b ? std::to_string(*b) : "-") + "," + (c ? std::to_string(*c) : "-");
    }
    Point move(const Point& by) { return {by.x + 1, by.label}; }
    Future<int> later() {
        promise = Promise<int>{};
        return promise->future();
    }
    void fail() { throw RpcError{ErrorCode::not_implemented, "no"}; }
    Colour colour() const { return colour_; }
    float thin() const { return 0.04F; }
    std::int64_t count() const { return n_; }

    std::optional<Promise<int>> promise;
    std::string parent_id;

private:
    Colour colour_;
    std::int64_t n_;
};

struct Fold {
    int times = 0;
};
auto describe(Identity<Fold>) {
    return structure<Fold>("Fold", "How it is folded.", field("times", &Fold::times, "How often."));
}
class Square : public Shape {
public:
    static constexpr const char* kClassName = "Square";
    using Shape::Shape;
    void fold(const Fold&) {}
};

class Objects : public Directory {
public:
    std::shared_ptr<Object> find(const std::string& id) const override {
        auto found = map.find(id);
        return found == map.end() ? nullptr : found->second;
    }
    std::map<std::string, std::shared_ptr<Object>> map;
};

class BuilderTest : public testing::Test {
protected:
    BuilderTest() {
        registry.add_module("core", "1");
        remote_class<Shape>("Shape", doc("Something with an area."))
            .property("area", &Shape::area, &Shape::set_area, doc("In square metres."))
            .add_to(registry);
        remote_class<Circle>("Circle", doc("Round."))
            .extends<Shape>()
            .constructor<Shape&, Colour, std::int64_t>(arg("shape"), arg("colour") = "GREEN",
                                                       arg("n") = 5)
            .method("tell", &Circle::tell, arg("a"), arg("b"), arg("c"), doc("Says it."))
            .method("move", &Circle::move, arg("by"), doc("Goes away."), returns("Where it is."))
            .method("later", &Circle::later, doc("Takes time."))
            .method("fail", &Circle::fail, doc("Always."))
            .read_only("colour", &Circle::colour, doc("Seen from outside."))
            .read_only("thin", &Circle::thin, doc("A float."))
            .read_only("count", &Circle::count, doc("How many."))
            .event<Moved>()
            .add_to(registry);
        auto parent =
            std::make_shared<Shape>(ObjectInit{"p", registry.find("Shape"), nullptr, nullptr});
        objects.map["p"] = parent;
    }
    std::shared_ptr<Object> make(const Json& arguments) {
        const Class* c = registry.find("kurento.Circle");
        auto object = c->construct({"c", c, objects.map["p"], nullptr}, arguments, objects);
        objects.map["c"] = object;
        return object;
    }
    /// The value, or `code: message`.
    Json call(const std::string& operation, const Json& arguments) {
        auto& object = *objects.map.at("c");
        const Operation* op = object.remote_class().find_operation(operation);
        if (!op) return "no such operation";
        Json result = "pending";
        try {
            op->call(object, arguments, objects).then([&](Outcome<Json> o) {
                result = o ? *o
                           : Json(std::to_string(static_cast<int>(o.error().code())) + ": " +
                                  o.error().what());
            });
        } catch (const RpcError& e) {
            result = std::to_string(static_cast<int>(e.code())) + ": " + e.what();
        }
        return result;
    }
    Registry registry;
    Objects objects;
};

TEST_F(BuilderTest, ConstructsWithDefaultsAndKnowsTheParent) {
    EXPECT_EQ(registry.find("Circle")->parent_parameter(), "shape");
    EXPECT_EQ(dynamic_cast<Circle&>(*make({{"shape", "p"}})).parent_id, "p");
    EXPECT_EQ(call("getColour", nullptr), "GREEN");
}

TEST_F(BuilderTest, DispatchesMethodsAndPropertiesOfTheClassAndItsBases) {
    make({{"shape", "p"}, {"colour", "RED"}});
    EXPECT_EQ(call("getColour", nullptr), "RED");
    EXPECT_EQ(call("getArea", nullptr), 7);
    EXPECT_EQ(call("setArea", {{"area", 9}}), nullptr);
    EXPECT_EQ(call("getArea", Json::object()), 9);
    EXPECT_EQ(call("setColour", {{"colour", "RED"}}), "no such operation");
    EXPECT_EQ(call("getThin", nullptr).dump(), "0.03999999910593033");
}

TEST_F(BuilderTest, OptionalParametersOfMethodsArePositional) {
    make({{"shape", "p"}});
    EXPECT_EQ(call("tell", {{"a", "x"}}), "x,-,-");
    EXPECT_EQ(call("tell", {{"a", "x"}, {"b", 1}, {"c", 2}}), "x,1,2");
    EXPECT_EQ(call("tell", {{"a", "x"}, {"c", 2}}), "x,-,-");
}

TEST_F(BuilderTest, NullForAnOptionalParameterIsItsZeroOrWhereThereIsNoneNotGiven) {
    make({{"shape", "p"}, {"colour", nullptr}, {"n", nullptr}});
    EXPECT_EQ(call("getColour", nullptr), "GREEN");  // the default
    EXPECT_EQ(call("getCount", nullptr), 0);
    EXPECT_EQ(call("tell", {{"a", nullptr}, {"b", nullptr}, {"c", 2}}), ",0,2");
    EXPECT_THAT(
        [&] {
            make({{"shape", nullptr}});
        },
        testing::ThrowsMessage<RpcError>("Object '' not found"));
}

TEST_F(BuilderTest, SaysWhatWasWrongWithWhichParameter) {
    make({{"shape", "p"}});
    EXPECT_EQ(call("tell", nullptr), "40001: 'operationParams' is required");
    EXPECT_EQ(call("tell", "x"), "40001: 'operationParams' should be an object");
    EXPECT_EQ(call("tell", {{"b", 1}}), "40001: 'a' parameter should be a string");
    EXPECT_EQ(call("tell", {{"a", "x"}, {"b", "1"}}), "40001: 'b' parameter should be a integer");
    EXPECT_EQ(call("tell", {{"a", Json::array()}}), "40001: 'a' parameter should be a string");
    EXPECT_EQ(call("move", {{"by", Json::object()}}), "40001: 'x' property should be a integer");
    EXPECT_EQ(call("move", {{"by", {{"__module__", "kurento"}, {"__type__", "Line"}, {"x", 1}}}}),
              "40003: 'by': a value of type \"kurento\".\"Line\" is not a Point");
    EXPECT_EQ(call("fail", nullptr), "40006: no");
    EXPECT_THAT(
        [&] {
            make({{"shape", "q"}});
        },
        testing::ThrowsMessage<RpcError>("Object 'q' not found"));
    EXPECT_THAT(
        [&] {
            make({{"shape", "p"}, {"colour", "BLUE"}});
        },
        testing::ThrowsMessage<RpcError>("Invalid value for 'Colour': 'BLUE'"));
}

TEST_F(BuilderTest, ComplexValuesCarryTheirTypeAndOmitWhatIsUnset) {
    make({{"shape", "p"}});
    EXPECT_EQ(call("move", {{"by", {{"x", 1}}}}),
              (Json{{"__module__", "kurento"}, {"__type__", "Point"}, {"x", 2}}));
}

TEST_F(BuilderTest, AFutureAnswersWhenItsPromiseIsKeptOrBroken) {
    auto circle = std::dynamic_pointer_cast<Circle>(make({{"shape", "p"}}));
    Json kept, broken;
    const Operation* op = circle->remote_class().find_operation("later");
    op->call(*circle, nullptr, objects).then([&](Outcome<Json> o) { kept = *o; });
    EXPECT_EQ(kept, nullptr);
    circle->promise->set(42);
    EXPECT_EQ(kept, 42);
    op->call(*circle, nullptr, objects).then([&](Outcome<Json> o) { broken = o.error().what(); });
    circle->promise.reset();
    EXPECT_EQ(broken, "The object was released during the call");
}

TEST_F(BuilderTest, PrintsTheDescriptor) {
    Json modules = registry.describe_modules();
    ASSERT_EQ(modules.size(), 1u);
    EXPECT_EQ(modules[0]["factories"], Json::array({"Circle"}));
    const Json& kmd = modules[0]["kmd"];
    EXPECT_EQ(kmd["remoteClasses"][1]["constructor"]["params"][1],
              (Json{{"name", "colour"},
                    {"type", "Colour"},
                    {"doc", ""},
                    {"optional", true},
                    {"defaultValue", "GREEN"}}));
    EXPECT_EQ(kmd["remoteClasses"][1]["methods"][1]["return"],
              (Json{{"type", "Point"}, {"doc", "Where it is."}}));
    EXPECT_EQ(kmd["events"][0]["extends"], "Media");
    EXPECT_EQ(kmd["code"]["api"]["java"]["packageName"], "org.kurento.client");
    EXPECT_EQ(kmd["complexTypes"].size(), 2u);
    EXPECT_EQ(kmd["events"][0]["name"], "Moved");
    EXPECT_TRUE(registry.find("Circle")->has_event("Moved"));
    EXPECT_EQ(registry.find("Circle")->hierarchy(), std::vector<std::string>{"kurento.Shape"});
}

TEST_F(BuilderTest, AModuleThatFailsLeavesNothingBehind) {
    const auto before = registry.describe_modules();
    const auto mark = registry.mark();
    registry.add_module("zoo", "2.0.0");
    EXPECT_EQ(registry.describe_modules()[1]["kmd"]["imports"][0]["name"], "core");
    remote_class<Square>("Square", doc("Has corners."))
        .extends<Shape>()
        .in_module("zoo", "zoo")
        .method("fold", &Square::fold, arg("how"), doc("Makes it smaller."))
        .add_to(registry);
    EXPECT_TRUE(registry.types().has("Fold"));
    registry.roll_back(mark);
    EXPECT_EQ(registry.find("Square"), nullptr);
    EXPECT_FALSE(registry.types().has("Fold"));
    EXPECT_EQ(registry.describe_modules(), before);
}

}  // namespace
}  // namespace rivero::remote
