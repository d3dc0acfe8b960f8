// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.hpp"
#include "gateway/manual_loop.hpp"
#include "jsonrpc/framer.hpp"
#include "rivero/base/assert.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <optional>
#include <set>

using namespace rivero;
using namespace rivero::gateway;

namespace {

/// A media host without media that takes everything: makes ids, and gives back what it was told.
class Host {
public:
    explicit Host(std::function<void(std::string)> write) : write_{std::move(write)} {}

    void hello() {
        say(jsonrpc::Notification{
            "hello",
            {{"pid", 1},
             {"modules", Json::parse(R"([{"name":"core","version":"1","generationTime":"",
                  "factories":["MediaPipeline","PassThrough"],"kmd":{"name":"core"}}])")}}});
    }
    void on_bytes(Bytes bytes) {
        reader_.feed(bytes);
        for (auto text = reader_.next(); text && *text; text = reader_.next()) {
            auto message = jsonrpc::read_message(**text, {.max_depth = 256});
            RIVERO_ASSERT(message && std::holds_alternative<jsonrpc::Request>(*message),
                          "the gateway asks hosts in JSON-RPC");
            answer(std::get<jsonrpc::Request>(std::move(*message)));
        }
    }

private:
    void answer(jsonrpc::Request request) {
        Json result = Json::object();
        if (request.method == "create") {
            const Json& given = request.params["constructorParams"];
            std::string parent;
            if (given.contains("mediaPipeline") && given["mediaPipeline"].is_string())
                parent = given["mediaPipeline"].get<std::string>() + '/';
            result["value"] = parent + std::to_string(++made_) + "_kurento.X";
        } else if (request.method == "invoke") {
            result["value"] = request.params["operationParams"];
            if (request.params["operation"] == "fail")
                return say(jsonrpc::Response{
                    request.id, tl::unexpected{jsonrpc::media_error(40001, "MARSHALL_ERROR", "")}});
        }
        say(jsonrpc::Response{request.id, std::move(result)});
    }
    template <class M>
    void say(M message) {
        write_(jsonrpc::make_frame(jsonrpc::write(std::move(message))));
    }
    std::function<void(std::string)> write_;
    jsonrpc::FrameReader reader_;
    int made_ = 0;
};

class World;

class Client final : public ClientChannel {
public:
    Client(World& world, Gateway& gateway) : world_{world}, gateway_{gateway} {}
    ~Client() override { close(); }
    void text(std::string_view text) {
        if (!connection_) {
            connection_ = gateway_.open(*this);
            owed_ = 0;
        }
        const auto message = jsonrpc::read_message(text);
        if (message && std::holds_alternative<jsonrpc::Request>(*message)) ++owed_;
        static_cast<void>(gateway_.on_text(*connection_, text));
    }
    void close() {
        if (connection_) gateway_.close(*std::exchange(connection_, std::nullopt));
    }
    /// Requests that were not answered.
    [[nodiscard]] int owed() const { return connection_ ? owed_ : 0; }

    void send(Text text) override;
    void resume() override {}

private:
    World& world_;
    Gateway& gateway_;
    std::optional<ConnectionId> connection_;
    int owed_ = 0;
};

class World {
public:
    World() {
        add_host();
        add_host();
    }

    /// "N text": client N (0..3) sends it, with $N for the N-th id that was ever answered; "c N":
    /// it leaves; "h text": the first host sends it; "x": the first host dies; "t": a while passes.
    void line(std::string_view line) {
        if (line.empty()) return;
        const std::string_view rest = line.size() > 2 ? line.substr(2) : std::string_view{};
        switch (line[0]) {
            case 'c':
                if (!rest.empty()) clients[static_cast<unsigned char>(rest[0]) % 4].close();
                return;
            case 'h':
                if (!rest.empty() && !hosts.empty())
                    from_host(hosts.begin()->first, jsonrpc::make_frame(with_ids(rest)));
                break;
            case 'x':
                if (!hosts.empty()) lose_host(hosts.begin()->first, "signal 9");
                if (hosts.empty()) add_host();
                break;
            case 't':
                loop.pass(130s);
                break;
            default:
                clients[static_cast<unsigned char>(line[0]) % 4].text(with_ids(rest));
        }
        // Not after each: then nothing would be under way when the next text comes.
        if (line.size() % 2 == 0) loop.run();
    }
    void end() {
        loop.run();
        const auto owed = [this] {
            return std::any_of(clients.begin(), clients.end(),
                               [](const Client& client) { return client.owed() > 0; });
        };
        // getUsedCpu measures as long as it is told, in ms of 32 bits.
        if (owed()) loop.pass(25 * 24h);
        RIVERO_ASSERT(!owed(), "each request has one answer");
    }
    void remember(const std::string& id) {
        if (ids.size() < 10) ids.push_back(id);
    }

private:
    void add_host() {
        const HostId id{++last_host};
        hosts.emplace(id, Host{[this, id](std::string frame) {
                          loop.post([this, id, frame = std::move(frame)] { from_host(id, frame); });
                      }});
        gateway.service().add_host(
            id,
            [this, id](std::string frame) {
                loop.post([this, id, frame = std::move(frame)] {
                    if (hosts.contains(id)) hosts.at(id).on_bytes(as_bytes(frame));
                });
            },
            [] {});
        hosts.at(id).hello();
        loop.run();
    }
    void from_host(HostId id, const std::string& frame) {
        if (!hosts.contains(id)) return;
        if (const auto good = gateway.service().on_host_bytes(id, as_bytes(frame)); !good)
            lose_host(id, "nonsense");
    }
    void lose_host(HostId id, const char* why) {
        hosts.erase(id);
        gateway.service().lose_host(id, why);
    }
    std::string with_ids(std::string_view text) const {
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const bool digit = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
            if (text[i] == '$' && digit &&
                static_cast<std::size_t>(text[i + 1] - '0') < ids.size()) {
                out += ids[static_cast<std::size_t>(text[++i] - '0')];
            } else {
                out += text[i];
            }
        }
        return out;
    }

    test::ManualLoop loop;
    Gateway gateway{loop,
                    GatewayOptions{.service = {.version = "1", .metadata = {}, .max_sessions = 4},
                                   .request_cache_bytes = 4096,
                                   .requests_in_flight = 8}};
    std::map<HostId, Host> hosts;
    std::uint32_t last_host = 0;
    std::vector<std::string> ids;
    std::array<Client, 4> clients{Client{*this, gateway}, Client{*this, gateway},
                                  Client{*this, gateway}, Client{*this, gateway}};
};

void Client::send(Text text) {
    const Json message = Json::parse(*text);
    if (message.contains("method")) return;  // an event
    if (!message["id"].is_null()) --owed_;
    if (!message.contains("result") || !message["result"].is_object()) return;
    for (const char* name : {"value", "sessionId"}) {
        const auto found = message["result"].find(name);
        if (found != message["result"].end() && found->is_string())
            world_.remember(found->get_ref<const std::string&>());
    }
}

}  // namespace

// Lines: see World::line().
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = as_text({data, size});
    World world;
    for (int lines = 0; !text.empty() && lines < 40; ++lines) {
        const auto end = text.find('\n');
        world.line(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    world.end();
    return 0;
}
