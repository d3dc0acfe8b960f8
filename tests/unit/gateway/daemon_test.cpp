// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
//
// The gateway with real sockets and real host processes (rivero_fake_host).
#include "gateway/net/daemon.hpp"

#include "fake_host.hpp"
#include "gateway/net/beast.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace rivero::gateway {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using testing::HasSubstr;

/// A daemon on a thread of its own.
class RunningDaemon {
public:
    explicit RunningDaemon(DaemonOptions options) {
        options.listen.port = 0;
        options.handle_signals = false;
        options.on_listening = [this](const std::string& at) { listening_.set_value(at); };
        daemon_ = std::make_unique<Daemon>(options);
        thread_ = std::thread{[this] { daemon_->run(); }};
        url = listening_.get_future().get();
    }
    ~RunningDaemon() {
        daemon_->stop();
        thread_.join();
    }
    [[nodiscard]] std::uint16_t port() const { return daemon_->port(); }
    std::string url;

private:
    std::promise<std::string> listening_;
    std::unique_ptr<Daemon> daemon_;
    std::thread thread_;
};

DaemonOptions with_hosts(std::size_t count) {
    DaemonOptions options;
    options.hosts.count = count;
    options.hosts.command = {RIVERO_FAKE_HOST};
    options.hosts.settings = "{}";
    return options;
}

/// A client that waits for its answers.
class Socket {
public:
    explicit Socket(std::uint16_t port, const std::string& target = "/kurento",
                    const std::string& origin = "") {
        socket_.next_layer().connect({asio::ip::address_v4::loopback(), port});
        if (!origin.empty())
            socket_.set_option(
                websocket::stream_base::decorator([origin](websocket::request_type& request) {
                    request.set(http::field::origin, origin);
                }));
        socket_.handshake("127.0.0.1:" + std::to_string(port), target);
    }
    void send(const std::string& text) { socket_.write(asio::buffer(text)); }
    /// A message that goes on.
    void begin(const std::string& text) { socket_.write_some(false, asio::buffer(text)); }
    Json receive() {
        boost::beast::flat_buffer buffer;
        socket_.read(buffer);
        return Json::parse(boost::beast::buffers_to_string(buffer.data()));
    }
    Json ask(const char* method, Json params = Json::object()) {
        send(Json{{"jsonrpc", "2.0"},
                  {"id", ++last_id_},
                  {"method", method},
                  {"params", std::move(params)}}
                 .dump());
        while (true) {
            Json message = receive();
            if (message.contains("id")) return message;
            events.push_back(std::move(message));
        }
    }
    std::string create() { return ask("create", {{"type", "MediaPipeline"}})["result"]["value"]; }
    /// @return the code and reason of the close frame
    std::string wait_for_close() {
        boost::beast::flat_buffer buffer;
        boost::system::error_code error;
        while (!error) socket_.read(buffer, error);
        return std::to_string(socket_.reason().code) + ' ' + socket_.reason().reason.c_str();
    }
    std::vector<Json> events;

private:
    asio::io_context context_;
    websocket::stream<tcp::socket> socket_{context_};
    /// One sequence for all, like a client that comes back: a repeated id is a repeated request.
    static inline int last_id_ = 0;
};

TEST(DaemonTest, SaysWhereItListensAndAnswers) {
    RunningDaemon daemon{with_hosts(2)};
    EXPECT_EQ(daemon.url, "ws://127.0.0.1:" + std::to_string(daemon.port()) + "/kurento");
    for (const char* path : {"/kurento", "/rpc", "/kurento?access_token=x"}) {
        Socket client{daemon.port(), path};
        EXPECT_EQ(client.ask("ping")["result"]["value"], "pong") << path;
    }
}

TEST(DaemonTest, ClosesAConnectionToAnotherPath) {
    RunningDaemon daemon{with_hosts(1)};
    for (const char* path : {"/", "/kurento/", "//kurento", "/Kurento"}) {
        Socket client{daemon.port(), path};
        EXPECT_EQ(client.wait_for_close(), "1002 Invalid path") << path;
    }
}

TEST(DaemonTest, RefusesPagesOfForeignOrigin) {
    auto options = with_hosts(1);
    options.listen.access.allowed_origins = {"https://app.example.org"};
    RunningDaemon daemon{options};
    EXPECT_THROW((Socket{daemon.port(), "/kurento", "https://evil.example"}), std::exception);
    EXPECT_NO_THROW((Socket{daemon.port(), "/kurento", "https://app.example.org"}));
    EXPECT_THROW((Socket{daemon.port(), "/kurento", "http://localhost:3000"}), std::exception);
}

TEST(DaemonTest, WorksWithOneHostInItsOwnProcess) {
    auto options = with_hosts(0);
    options.hosts.run_in_process = [](int fd) {
        test::FakeHost host{[fd](const std::string& frame) {
            EXPECT_EQ(write(fd, frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
        }};
        host.hello();
        std::array<std::uint8_t, 4096> buffer{};
        while (!host.ended()) {
            const auto n = read(fd, buffer.data(), buffer.size());
            if (n <= 0) break;
            host.on_bytes({buffer.data(), static_cast<std::size_t>(n)});
        }
        close(fd);
        return 0;
    };
    RunningDaemon daemon{options};
    Socket client{daemon.port()};
    EXPECT_THAT(client.create(), testing::EndsWith("_kurento.MediaPipeline"));
}

/// Makes pipelines until one is on a host that is none of `known`.
std::pair<std::string, int> create_on_other_host(Socket& client, const std::set<int>& known) {
    while (true) {
        const auto answer = client.ask("create", {{"type", "MediaPipeline"}});
        if (answer.contains("error")) {
            EXPECT_EQ(answer["error"]["code"], 40009);  // no host is up at this moment
            continue;
        }
        const std::string id = answer["result"]["value"];
        const int pid =
            client.ask("invoke", {{"object", id}, {"operation", "pid"}})["result"]["value"];
        if (!known.contains(pid)) return {id, pid};
        client.ask("release", {{"object", id}});
    }
}

TEST(DaemonTest, StartsAKilledHostAgainAndOthersLiveOn) {
    RunningDaemon daemon{with_hosts(2)};
    Socket client{daemon.port()};
    const auto [p1, pid1] = create_on_other_host(client, {});
    const auto [p2, pid2] = create_on_other_host(client, {pid1});
    client.ask("subscribe", {{"object", p1}, {"type", "Error"}});
    EXPECT_EQ(client.ask("invoke", {{"object", p1}, {"operation", "crash"}})["error"]["code"],
              40003);
    ASSERT_EQ(client.events.size(), 1u);
    const Json& event = client.events[0]["params"]["value"];
    EXPECT_EQ(event["data"]["type"], "MEDIA_HOST_LOST");
    EXPECT_THAT(event["data"]["description"].get<std::string>(), HasSubstr("signal 9"));
    EXPECT_EQ(client.ask("invoke", {{"object", p1}, {"operation", "echo"}})["error"]["code"],
              40101);
    EXPECT_EQ(client.ask("invoke", {{"object", p2}, {"operation", "pid"}})["result"]["value"],
              pid2);
    // A new host takes its place, also when it dies again at once, and when all die.
    const auto [p3, pid3] = create_on_other_host(client, {pid1, pid2});
    EXPECT_EQ(client.ask("invoke", {{"object", p3}, {"operation", "sockets"}})["result"]["value"],
              1)
        << "it inherited our connection to the client or the other host";
    client.ask("invoke", {{"object", p3}, {"operation", "crash"}});
    client.ask("invoke", {{"object", p2}, {"operation", "crash"}});
    create_on_other_host(client, {pid1, pid2, pid3});
}

TEST(DaemonTest, GivesUpWhenNoHostStarts) {
    auto options = with_hosts(1);
    options.listen.port = 0;
    options.handle_signals = false;
    options.hosts.command = {RIVERO_FAKE_HOST, "--broken"};
    Daemon daemon{options};
    try {
        daemon.run();
        FAIL() << "came up";
    } catch (const DaemonError& error) {
        EXPECT_STREQ(error.what(), "No media host starts (host-1: exit code 7)");
    }
    options.hosts.command = {"/nowhere/rivero"};
    Daemon other{options};
    EXPECT_THROW(other.run(), DaemonError);
}

TEST(DaemonTest, ASilentHostIsAsGoodAsNone) {
    auto options = with_hosts(1);
    options.listen.port = 0;
    options.handle_signals = false;
    options.hosts.command = {RIVERO_FAKE_HOST, "--silent"};
    options.hosts.hello_timeout = 10ms;
    Daemon daemon{options};
    EXPECT_THROW(daemon.run(), DaemonError);
}

TEST(DaemonTest, ATakenPortIsToldInASentence) {
    auto options = with_hosts(1);
    options.listen.port = 0;
    options.handle_signals = false;
    Daemon first{options};
    options.listen.port = first.port();
    try {
        Daemon second{options};
        FAIL();
    } catch (const DaemonError& error) {
        EXPECT_THAT(error.what(), HasSubstr("another program uses this port"));
    }
    options.listen.address = "somewhere";
    EXPECT_THROW(Daemon{options}, DaemonError);
}

TEST(DaemonTest, EndsWithItsClientsToldAndItsHostsGone) {
    std::unique_ptr<Socket> client;
    {
        RunningDaemon daemon{with_hosts(2)};
        client = std::make_unique<Socket>(daemon.port());
        client->create();
    }
    EXPECT_THAT(client->wait_for_close(), testing::StartsWith("1001"));
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

TEST(DaemonTest, EndsWhileAMessageIsUnderWay) {
    std::unique_ptr<Socket> slow;
    {
        RunningDaemon daemon{with_hosts(1)};
        slow = std::make_unique<Socket>(daemon.port());
        slow->begin(std::string(100'000, ' '));
        Socket other{daemon.port()};
        EXPECT_EQ(other.ask("ping")["result"]["value"], "pong");
    }
    // With the sanitizers: what the client held was no longer taken from a budget that is gone.
    EXPECT_THAT(slow->wait_for_close(), testing::StartsWith("1001"));
}

TEST(DaemonTest, CutsOffAClientWhoseMessageIsTooLong) {
    auto options = with_hosts(1);
    options.listen.max_message = 1000;
    RunningDaemon daemon{options};
    Socket client{daemon.port()};
    client.send(std::string(1001, ' '));
    EXPECT_THAT(client.wait_for_close(), testing::StartsWith("1009"));
}

TEST(DaemonTest, CutsOffAClientThatDoesNotTakeItsMessages) {
    auto options = with_hosts(1);
    options.listen.max_queued = 1 << 20;
    RunningDaemon daemon{options};
    Socket greedy{daemon.port()};
    const auto pipeline = greedy.create();
    const Json request{{"jsonrpc", "2.0"},
                       {"id", "x"},
                       {"method", "invoke"},
                       {"params",
                        {{"object", pipeline},
                         {"operation", "echo"},
                         {"operationParams", {{"text", std::string(500'000, 'x')}}}}}};
    const auto text = request.dump();
    // Asks and never reads: the answers fill the sockets' buffers, then the queue.
    EXPECT_THROW(
        {
            for (int i = 0; i < 1000; ++i) greedy.send(text);
        },
        boost::system::system_error);
    Socket other{daemon.port()};
    EXPECT_EQ(other.ask("ping")["result"]["value"], "pong");
}

TEST(DaemonTest, ManyRequestsAtOnceAreAnsweredInOrder) {
    RunningDaemon daemon{with_hosts(2)};
    Socket client{daemon.port()};
    const std::array pipelines{client.create(), client.create()};
    // More than the daemon works on at a time, so that it stops reading and goes on.
    constexpr int kRequests = 2000;
    for (int i = 0; i < kRequests; ++i)
        client.send(
            Json{{"jsonrpc", "2.0"},
                 {"id", 1000 + i},
                 {"method", "invoke"},
                 {"params",
                  {{"object", pipelines[static_cast<std::size_t>(i) % 2]}, {"operation", "echo"}}}}
                .dump());
    for (int i = 0; i < kRequests; ++i) ASSERT_EQ(client.receive()["id"], 1000 + i);
}

TEST(DaemonTest, ASlowCallDelaysNobodyElse) {
    RunningDaemon daemon{with_hosts(1)};
    Socket slow{daemon.port()};
    Socket other{daemon.port()};
    const auto p1 = slow.create();
    const auto p2 = other.create();
    slow.send(Json{{"jsonrpc", "2.0"},
                   {"id", "held"},
                   {"method", "invoke"},
                   {"params", {{"object", p1}, {"operation", "hold"}}}}
                  .dump());
    EXPECT_TRUE(other.ask("invoke", {{"object", p2}, {"operation", "echo"}}).contains("result"));
    // Another room of the same connection is worked on, too, although its answer waits its turn.
    slow.send(Json{
        {"jsonrpc", "2.0"}, {"id", "released"}, {"method", "release"}, {"params", {{"object", p2}}}}
                  .dump());
    while (!other.ask("invoke", {{"object", p2}, {"operation", "echo"}}).contains("error")) {
    }
    other.ask("invoke", {{"object", p1}, {"operation", "let go"}});
    EXPECT_EQ(slow.receive()["id"], "held");
    EXPECT_EQ(slow.receive()["id"], "released");
}

TEST(DaemonTest, AClientThatComesBackFindsItsSession) {
    RunningDaemon daemon{with_hosts(1)};
    auto first = std::make_unique<Socket>(daemon.port());
    const auto pipeline = first->create();
    const auto subscribed = first->ask("subscribe", {{"object", pipeline}, {"type", "Error"}});
    const auto session = subscribed["result"]["sessionId"].get<std::string>();
    first.reset();
    Socket second{daemon.port()};
    EXPECT_EQ(second.ask("connect", {{"sessionId", session}})["result"]["sessionId"], session);
    second.ask("invoke", {{"object", pipeline},
                          {"operation", "raise"},
                          {"operationParams", {{"type", "Error"}, {"data", 7}}}});
    if (second.events.empty()) second.events.push_back(second.receive());
    EXPECT_EQ(second.events[0]["params"]["value"]["data"], 7);
    Socket third{daemon.port()};
    EXPECT_EQ(third.ask("connect", {{"sessionId", "nobody"}})["error"]["code"], 40007);
    // The newest connection takes the session, and the old one stays open.
    EXPECT_EQ(third.ask("connect", {{"sessionId", session}})["result"]["sessionId"], session);
    third.ask("invoke", {{"object", pipeline},
                         {"operation", "raise"},
                         {"operationParams", {{"type", "Error"}, {"data", 8}}}});
    if (third.events.empty()) third.events.push_back(third.receive());
    EXPECT_EQ(third.events[0]["params"]["value"]["data"], 8);
    EXPECT_EQ(second.ask("ping")["result"]["value"], "pong");
    EXPECT_EQ(second.events.size(), 1u);
}

TEST(DaemonTest, OneTooManyIsToldSo) {
    auto options = with_hosts(1);
    options.listen.max_connections = 1;
    RunningDaemon daemon{options};
    Socket first{daemon.port()};
    EXPECT_EQ(first.ask("ping")["result"]["value"], "pong");
    asio::io_context context;
    tcp::socket second{context};
    second.connect({asio::ip::address_v4::loopback(), daemon.port()});
    std::string answer;
    boost::system::error_code error;
    asio::read(second, asio::dynamic_buffer(answer), error);
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(answer, testing::EndsWith("clients it may have."));
}

class DaemonWebTest : public testing::Test {
protected:
    DaemonWebTest() {
        namespace fs = std::filesystem;
        fs::create_directories(root / "rec");
        std::ofstream{root / "index.html"} << "<p>hello";
        std::ofstream{root / "rec" / "a.webm"} << std::string(200'000, 'm') << "end";
        auto options = with_hosts(1);
        options.listen.web_root = root;
        options.listen.recordings = root / "rec";
        daemon = std::make_unique<RunningDaemon>(options);
        stream.connect({asio::ip::address_v4::loopback(), daemon->port()});
    }
    ~DaemonWebTest() override { std::filesystem::remove_all(root); }

    using Response = http::response<http::string_body>;
    Response get(const std::string& target, const std::map<http::field, std::string>& headers = {},
                 http::verb method = http::verb::get) {
        http::request<http::string_body> request{method, target, 11};
        request.set(http::field::host, "127.0.0.1");
        for (const auto& [name, value] : headers) request.set(name, value);
        http::write(stream, request);
        http::response_parser<http::string_body> parser;
        parser.skip(method == http::verb::head);
        http::read(stream, buffer, parser);
        return parser.release();
    }

    std::string templ = (std::filesystem::temp_directory_path() / "rivero_web_XXXXXX").string();
    std::filesystem::path root = mkdtemp(templ.data());
    std::unique_ptr<RunningDaemon> daemon;
    asio::io_context context;
    tcp::socket stream{context};
    boost::beast::flat_buffer buffer;
};

TEST_F(DaemonWebTest, ServesPagesOnOneConnection) {
    const auto index = get("/");
    EXPECT_EQ(index.result_int(), 200u);
    EXPECT_EQ(index.body(), "<p>hello");
    EXPECT_EQ(index[http::field::content_type], "text/html; charset=utf-8");
    EXPECT_EQ(index[http::field::cache_control], "no-cache");
    const auto again =
        get("/index.html", {{http::field::if_none_match, std::string{index[http::field::etag]}}});
    EXPECT_EQ(again.result_int(), 304u);
    EXPECT_EQ(get("/nothing").result_int(), 404u);
    EXPECT_EQ(get("/../etc/passwd").result_int(), 404u);
    const auto head = get("/", {}, http::verb::head);
    EXPECT_EQ(head.result_int(), 200u);
    EXPECT_EQ(head[http::field::content_length], "8");
    const auto head_of_nothing = get("/nothing", {}, http::verb::head);
    EXPECT_EQ(head_of_nothing.result_int(), 404u);
    const auto post = get("/", {}, http::verb::post);
    EXPECT_EQ(post.result_int(), 405u);
    EXPECT_EQ(post[http::field::allow], "GET, HEAD");
    EXPECT_EQ(get("/").result_int(), 200u);
}

TEST_F(DaemonWebTest, PlaysRecordingsFromAnyPlace) {
    const auto whole = get("/recordings/a.webm");
    EXPECT_EQ(whole.body().size(), 200'003u);
    EXPECT_EQ(whole[http::field::content_type], "video/webm");
    EXPECT_EQ(whole[http::field::accept_ranges], "bytes");
    EXPECT_EQ(whole["Cross-Origin-Resource-Policy"], "same-site");
    EXPECT_EQ(get("/").count("Cross-Origin-Resource-Policy"), 0u);
    const auto part = get("/recordings/a.webm", {{http::field::range, "bytes=199999-"}});
    EXPECT_EQ(part.result_int(), 206u);
    EXPECT_EQ(part.body(), "mend");
    EXPECT_EQ(part[http::field::content_range], "bytes 199999-200002/200003");
    const auto behind = get("/recordings/a.webm", {{http::field::range, "bytes=900000-"}});
    EXPECT_EQ(behind.result_int(), 416u);
    EXPECT_EQ(behind[http::field::content_range], "bytes */200003");
    const auto changed = get("/recordings/a.webm", {{http::field::range, "bytes=0-1"},
                                                    {http::field::if_range, "\"other\""}});
    EXPECT_EQ(changed.result_int(), 200u);
    EXPECT_EQ(get("/recordings/").result_int(), 404u);
    EXPECT_EQ(get("/recordings/%2e%2e/index.html").result_int(), 404u);
}

}  // namespace
}  // namespace rivero::gateway
