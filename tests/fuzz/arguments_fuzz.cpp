// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "jsonrpc/message.hpp"
#include "rivero/base/assert.hpp"
#include "rivero/base/bytes.hpp"
#include "rivero/remote/builder.hpp"

#include <map>

namespace {

using namespace rivero;
using namespace rivero::remote;

enum class Colour { red, green };
auto describe(Identity<Colour>) {
    return Enumeration<Colour>{
        "Colour", "What it looks like.", {{Colour::red, "RED"}, {Colour::green, "GREEN"}}};
}
struct Point {
    int x = 0;
    std::optional<std::string> label;
    std::vector<Colour> colours;
};
auto describe(Identity<Point>) {
    return structure<Point>("Point", "A place.", field("x", &Point::x, "To the right."),
                            field("label", &Point::label, "Its name."),
                            field("colours", &Point::colours, "Of it."));
}
struct Line {
    std::vector<Point> points;
    std::map<std::string, Point> named;
    std::optional<float> width;
};
auto describe(Identity<Line>) {
    return structure<Line>("Line", "Points.", field("points", &Line::points, "In order."),
                           field("named", &Line::named, "By name."),
                           field("width", &Line::width, "In pixels."));
}

/// A class whose methods give back what they were given: parameters of all kinds.
class Mirror : public Object {
public:
    static constexpr const char* kClassName = "Mirror";
    Mirror(ObjectInit init, std::optional<std::int64_t> n, const Line& line)
        : Object{std::move(init)}, n_{n.value_or(0)}, line_{line} {}
    std::string text(const std::string& v) { return v; }
    bool boolean(bool v) { return v; }
    int integer(int v) { return v; }
    std::int64_t wide(std::int64_t v) { return v; }
    double real(double v) { return v; }
    float thin(float v) { return v; }
    Colour colour(Colour v) { return v; }
    Point point(const Point& v) { return v; }
    Line line(const Line& v) { return v; }
    std::vector<std::vector<int>> lists(const std::vector<std::vector<int>>& v) { return v; }
    std::map<std::string, std::vector<double>> map(
        const std::map<std::string, std::vector<double>>& v) {
        return v;
    }
    std::string object(Mirror& v) { return v.id(); }
    std::vector<std::shared_ptr<Mirror>> objects(const std::vector<std::shared_ptr<Mirror>>& v) {
        return v;
    }
    std::string many(const std::string& a, std::optional<int> b, bool c, Colour d) {
        return a + std::to_string(b.value_or(0)) + (c ? "y" : "n") + name_of(d);
    }
    std::int64_t n() const { return n_; }
    void set_n(std::int64_t n) { n_ = n; }
    Line get() const { return line_; }

private:
    std::int64_t n_;
    Line line_;
};

class World final : public Directory {
public:
    World() {
        registry.add_module("core", "1");
        remote_class<Mirror>("Mirror", doc("Gives back."))
            .constructor<std::optional<std::int64_t>, Line>(
                arg("n"), arg("line") = Json{{"points", Json::array()}, {"named", nullptr}})
            .method("text", &Mirror::text, arg("v"), doc(""))
            .method("boolean", &Mirror::boolean, arg("v"), doc(""))
            .method("integer", &Mirror::integer, arg("v"), doc(""))
            .method("wide", &Mirror::wide, arg("v"), doc(""))
            .method("real", &Mirror::real, arg("v"), doc(""))
            .method("thin", &Mirror::thin, arg("v"), doc(""))
            .method("colour", &Mirror::colour, arg("v"), doc(""))
            .method("point", &Mirror::point, arg("v"), doc(""))
            .method("line", &Mirror::line, arg("v"), doc(""))
            .method("lists", &Mirror::lists, arg("v"), doc(""))
            .method("map", &Mirror::map, arg("v"), doc(""))
            .method("object", &Mirror::object, arg("v"), doc(""))
            .method("objects", &Mirror::objects, arg("v"), doc(""))
            .method("many", &Mirror::many, arg("a"), arg("b"), arg("c") = true, arg("d") = "GREEN",
                    doc(""))
            .property("n", &Mirror::n, &Mirror::set_n, doc(""))
            .read_only("line", &Mirror::get, doc(""))
            .add_to(registry);
        mirror = registry.find("Mirror");
        object = mirror->construct({"m", mirror, nullptr, nullptr}, nullptr, *this);
    }
    std::shared_ptr<Object> find(const std::string& id) const override {
        return id == "m" ? object : nullptr;
    }

    /// The value, or nothing when the arguments were refused.
    std::optional<Json> call(const Operation& operation, const Json& arguments) {
        std::optional<Json> result;
        try {
            operation.call(*object, arguments, *this).then([&](Outcome<Json> outcome) {
                if (outcome) result = std::move(*outcome);
            });
        } catch (const RpcError& error) {
            RIVERO_ASSERT(error.what()[0] != '\0', "an error says what was wrong");
        }
        return result;
    }

    Registry registry;
    const Class* mirror;
    std::shared_ptr<Object> object;
};

}  // namespace

// One JSON document: tried as the arguments of everything, and as the value of each parameter.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    const auto document = jsonrpc::parse_text(as_text({data, size}));
    if (!document) return 0;
    try {
        static_cast<void>(
            world.mirror->construct({"x", world.mirror, nullptr, nullptr}, *document, world));
    } catch (const RpcError&) {  // refused
    }
    for (const auto& method : world.mirror->methods()) {
        static_cast<void>(world.call(method, *document));
        const auto value = world.call(method, Json{{"v", *document}});
        if (!value) continue;
        // What we say is what we accept, and means the same.
        const auto again = world.call(method, Json{{"v", *value}});
        RIVERO_ASSERT(again == value, "a value survives the way through us");
        static_cast<void>(jsonrpc::write(*value));
    }
    static_cast<void>(world.call(*world.mirror->find_operation("setN"), *document));
    return 0;
}
