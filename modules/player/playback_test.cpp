// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "playback.hpp"

#include "rivero/base/thread_loop.hpp"
#include "rivero/gst/init.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

// See tests/unit/gst/leaks.cpp: GLib abandons its first table of names.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:g_malloc\n";
}

namespace rivero::player {
namespace {

using testing::HasSubstr;

/// Media files that are made once for all tests.
class Files {
public:
    Files() {
        gst::initialise();
        std::string name = (std::filesystem::temp_directory_path() / "playback-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    ~Files() { std::filesystem::remove_all(folder_); }

    /// One second of 25 pictures and of 50 pieces of sound.
    std::string make(const std::string& name) {
        static const std::string video =
            "videotestsrc num-buffers=25 ! video/x-raw,width=64,height=48,framerate=25/1 ! ";
        static const std::string audio =
            "audiotestsrc num-buffers=50 samplesperbuffer=960 ! "
            "audio/x-raw,rate=48000,channels=2 ! ";
        static const std::map<std::string, std::string> recipes{
            {"vp8-opus.webm", video + "vp8enc deadline=1 keyframe-max-dist=10 ! m. " + audio +
                                  "opusenc ! m. webmmux name=m"},
            {"h264-aac.mp4", video +
                                 "x264enc key-int-max=10 speed-preset=ultrafast "
                                 "tune=zerolatency ! m. " +
                                 audio + "avenc_aac ! m. mp4mux name=m"},
            {"sound.mp3", audio + "lamemp3enc"},
            {"sound.wav", audio + "audioconvert ! wavenc"},
            {"sound.ogg", audio + "opusenc ! oggmux"},
            {"theora-vorbis.ogg",
             video + "theoraenc ! m. " + audio + "audioconvert ! vorbisenc ! m. oggmux name=m"},
        };
        auto path = folder_ / name;
        if (std::filesystem::exists(path)) return path;
        gst::ErrorSlot error;
        auto pipeline = gst::Element::sink(gst_parse_launch(
            (recipes.at(name) + " ! filesink location=" + path.string()).c_str(), error.out()));
        EXPECT_FALSE(error) << error.text();
        gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
        auto bus = gst::Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
        auto message = gst::Message::adopt(gst_bus_timed_pop_filtered(
            bus.get(), GST_CLOCK_TIME_NONE,
            static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
        EXPECT_EQ(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_EOS) << name;
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
        return path;
    }
    std::string make_garbage() {
        auto path = folder_ / "garbage.webm";
        std::ofstream file{path};
        for (int i = 0; i < 2000; ++i) file << "this is no media at all " << i;
        return path;
    }

private:
    std::filesystem::path folder_;
};

/// Serves one file over HTTP/1.1 with byte ranges, one connection after another.
class HttpServer {
public:
    explicit HttpServer(const std::string& path) {
        std::ifstream file{path, std::ios::binary};
        std::stringstream content;
        content << file.rdbuf();
        content_ = content.str();
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        socklen_t size = sizeof address;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        ::listen(socket_, 8);
        thread_ = std::thread{[this] { serve(); }};
    }
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer() {
        ::shutdown(socket_, SHUT_RDWR);  // wakes accept()
        thread_.join();
        ::close(socket_);
    }
    [[nodiscard]] std::string uri(const std::string& name) const {
        return "http://127.0.0.1:" + std::to_string(port_) + "/" + name;
    }

private:
    void serve() {
        for (;;) {
            int client = ::accept(socket_, nullptr, nullptr);
            if (client < 0) return;
            std::string request;
            char buffer[2048];
            while (request.find("\r\n\r\n") == std::string::npos) {
                auto n = ::recv(client, buffer, sizeof buffer, 0);
                if (n <= 0) break;
                request.append(buffer, static_cast<std::size_t>(n));
            }
            answer(client, request);
            ::close(client);
        }
    }
    void answer(int client, const std::string& request) {
        std::ostringstream reply;
        std::size_t from = 0;
        bool found = request.find("GET /missing") == std::string::npos;
        auto range = request.find("Range: bytes=");
        if (!found) {
            reply << "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        } else {
            if (range != std::string::npos) from = std::stoul(request.substr(range + 13));
            from = std::min(from, content_.size());
            reply << "HTTP/1.1 " << (range == std::string::npos ? "200 OK" : "206 Partial Content")
                  << "\r\nContent-Length: " << content_.size() - from
                  << "\r\nAccept-Ranges: bytes\r\nConnection: close\r\n";
            if (range != std::string::npos)
                reply << "Content-Range: bytes " << from << "-" << content_.size() - 1 << "/"
                      << content_.size() << "\r\n";
            reply << "\r\n" << content_.substr(from);
        }
        std::string bytes = reply.str();
        for (std::size_t sent = 0; sent < bytes.size();) {
            auto n = ::send(client, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) return;
            sent += static_cast<std::size_t>(n);
        }
    }

    std::string content_;
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

/// Everything that a playback said. Filled in on the loop, read after wait_for().
struct Seen {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<MediaType, PlaybackStream> streams;
    std::map<MediaType, std::vector<gst::Frame>> frames;
    std::vector<PlaybackState> states;
    std::vector<PlaybackError> errors;
    int ends = 0;
    bool frame_after_end = false;

    template <class F>
    void note(F f) {
        std::lock_guard lock{mutex};
        f();
        changed.notify_all();
    }
    template <class F>
    void wait_for(F until) {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return until() || !errors.empty(); });
    }
};

class PlaybackTest : public testing::Test {
protected:
    static void SetUpTestSuite() { files = new Files; }
    static void TearDownTestSuite() { delete std::exchange(files, nullptr); }

    std::unique_ptr<Playback> open(const std::string& uri, PlaybackOptions options = {}) {
        Playback::Events events;
        events.on_stream = [this](const PlaybackStream& s) {
            EXPECT_TRUE(loop.is_current());
            seen.note([&] { seen.streams[s.kind] = s; });
        };
        events.on_frame = [this](MediaType kind, const gst::Frame& f) {
            EXPECT_TRUE(loop.is_current());
            seen.note([&] {
                seen.frames[kind].push_back(f);
                seen.frame_after_end |= seen.ends > 0;
            });
        };
        events.on_state = [this](PlaybackState s) { seen.note([&] { seen.states.push_back(s); }); };
        events.on_end_of_stream = [this] { seen.note([&] { ++seen.ends; }); };
        events.on_error = [this](const PlaybackError& e) {
            seen.note([&] { seen.errors.push_back(e); });
        };
        return std::make_unique<Playback>(loop, uri, std::move(options), std::move(events));
    }
    void wait_for_end() {
        seen.wait_for([this] { return seen.ends > 0; });
    }
    void expect_time_goes_on() {
        for (auto& [kind, list] : seen.frames)
            for (std::size_t i = 1; i < list.size(); ++i)
                EXPECT_GT(list[i].pts, list[i - 1].pts) << i;
    }
    /// What was posted before has run.
    void loop_is_idle() {
        std::promise<void> done;
        loop.post([&] { done.set_value(); });
        done.get_future().get();
    }
    std::string text_of_errors() {
        std::string text;
        for (auto& e : seen.errors) text += e.description + "; ";
        return text;
    }

    static Files* files;
    Seen seen;
    ThreadLoop loop{"events"};  // last: it ends before what its tasks touch
};
Files* PlaybackTest::files = nullptr;

struct Case {
    const char* name;
    const char* file;
    std::vector<Codec> encoded;
    std::optional<MediaType> video;  ///< set when there is a picture
    std::optional<Codec> video_codec;
    bool audio;
    std::optional<Codec> audio_codec;
    std::size_t pictures = 25;
};
class PlaybackOfFiles : public PlaybackTest, public testing::WithParamInterface<Case> {};

TEST_P(PlaybackOfFiles, EveryFrameComesInOrderThenTheEndOnce) {
    const Case& c = GetParam();
    Time before = Clock::now();
    auto playback = open("file://" + files->make(c.file), {.encoded = c.encoded});
    playback->play();
    wait_for_end();
    playback->stop();
    loop_is_idle();
    EXPECT_EQ(text_of_errors(), "");
    EXPECT_EQ(seen.ends, 1);
    EXPECT_FALSE(seen.frame_after_end);
    expect_time_goes_on();
    ASSERT_EQ(seen.streams.count(MediaType::video), c.video ? 1u : 0u);
    ASSERT_EQ(seen.streams.count(MediaType::audio), c.audio ? 1u : 0u);
    if (c.video) {
        EXPECT_EQ(seen.streams[MediaType::video].codec, c.video_codec);
        auto& list = seen.frames[MediaType::video];
        EXPECT_EQ(list.size(), c.pictures);
        // Played in real time: what was first to be shown lies a second before the last.
        EXPECT_EQ(std::chrono::round<std::chrono::milliseconds>(list.back().pts - list.front().pts),
                  40ms * (c.pictures - 1));
        EXPECT_GE(list.front().pts, before);
        EXPECT_LE(list.back().pts, Clock::now());
        EXPECT_TRUE(list.front().keyframe);
    }
    if (c.audio) {
        EXPECT_EQ(seen.streams[MediaType::audio].codec, c.audio_codec);
        auto& list = seen.frames[MediaType::audio];
        EXPECT_NEAR(std::chrono::duration<double>(list.back().pts - list.front().pts).count(), 0.97,
                    0.1);
    }
    if (c.video && c.audio) {
        auto apart =
            seen.frames[MediaType::video].front().pts - seen.frames[MediaType::audio].front().pts;
        EXPECT_NEAR(std::chrono::duration<double>(apart).count(), 0, 0.05);
    }
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Formats, PlaybackOfFiles, testing::Values(
    Case{"WebmRaw", "vp8-opus.webm", {}, MediaType::video, {}, true, {}},
    Case{"WebmEncoded", "vp8-opus.webm", {Codec::vp8, Codec::opus}, MediaType::video, Codec::vp8, true, Codec::opus},
    Case{"WebmPictureEncodedOnly", "vp8-opus.webm", {Codec::vp8}, MediaType::video, Codec::vp8, true, {}},
    Case{"Mp4Raw", "h264-aac.mp4", {}, MediaType::video, {}, true, {}},
    Case{"Mp4Encoded", "h264-aac.mp4", {Codec::h264, Codec::aac}, MediaType::video, Codec::h264, true, Codec::aac},
    Case{"Mp3IsDecoded", "sound.mp3", {Codec::opus, Codec::aac}, {}, {}, true, {}},
    Case{"Wav", "sound.wav", {}, {}, {}, true, {}},
    Case{"OggOpusEncoded", "sound.ogg", {Codec::opus}, {}, {}, true, Codec::opus},
    // GStreamer's own player does not show the last picture of such a file either.
    Case{"TheoraAndVorbisAreDecoded", "theora-vorbis.ogg", {Codec::vp8}, MediaType::video, {}, true, {}, 24}),
    [](auto& c) { return std::string{c.param.name}; });
// clang-format on

TEST_F(PlaybackTest, H264ComesWithStartCodesAndParameterSetsBeforeEachKeyFrame) {
    auto playback =
        open("file://" + files->make("h264-aac.mp4"), {.encoded = {Codec::h264, Codec::aac}});
    playback->play();
    wait_for_end();
    playback->stop();
    EXPECT_EQ(text_of_errors(), "");
    int key_frames = 0;
    for (auto& frame : seen.frames[MediaType::video]) {
        gst::MappedBuffer map{frame.buffer};
        ASSERT_GT(map.bytes().size(), 5u);
        EXPECT_EQ(as_text(map.bytes().first(3)), (std::string_view{"\0\0\0", 3}));
        if (!frame.keyframe) continue;
        ++key_frames;
        EXPECT_NE(as_text(map.bytes()).find(std::string_view{"\0\0\1\x67", 4}),
                  std::string_view::npos);
    }
    EXPECT_EQ(key_frames, 3);
    EXPECT_THAT(caps_to_text(seen.streams[MediaType::audio].caps), HasSubstr("codec_data"));
}

TEST_F(PlaybackTest, TimeGoesOnOverAPause) {
    auto playback = open("file://" + files->make("vp8-opus.webm"));
    playback->play();
    seen.wait_for([&] { return seen.frames[MediaType::video].size() >= 5; });
    playback->pause();
    seen.wait_for([&] { return seen.states.back() == PlaybackState::paused; });
    auto position = playback->position();
    EXPECT_GT(position, 100ms);
    EXPECT_LT(position, 1000ms);
    EXPECT_EQ(playback->position(), position);
    playback->play();
    wait_for_end();
    EXPECT_EQ(text_of_errors(), "");
    EXPECT_EQ(seen.frames[MediaType::video].size(), 25u);
    expect_time_goes_on();
}

TEST_F(PlaybackTest, JumpsExactlyToATimeWhenDecoded) {
    auto playback = open("file://" + files->make("vp8-opus.webm"));
    EXPECT_FALSE(playback->set_position(500ms));
    EXPECT_EQ(playback->video_info(), VideoInfo{});
    playback->pause();
    seen.wait_for(
        [&] { return !seen.states.empty() && seen.states.back() == PlaybackState::paused; });
    auto info = playback->video_info();
    EXPECT_TRUE(info.is_seekable);
    EXPECT_NEAR(static_cast<double>(info.duration), 1000, 50);
    EXPECT_TRUE(playback->set_position(600ms));
    playback->play();
    wait_for_end();
    EXPECT_EQ(text_of_errors(), "");
    EXPECT_EQ(seen.frames[MediaType::video].size(), 10u);
    expect_time_goes_on();
}

TEST_F(PlaybackTest, JumpsBackWhilePlayingAndStartsWithAKeyFrameWhenEncoded) {
    auto playback = open("file://" + files->make("vp8-opus.webm"), {.encoded = {Codec::vp8}});
    playback->play();
    seen.wait_for([&] { return seen.frames[MediaType::video].size() >= 12; });
    std::size_t at = 0;
    EXPECT_TRUE(playback->set_position(500ms));
    seen.note([&] { at = seen.frames[MediaType::video].size(); });
    wait_for_end();
    EXPECT_EQ(text_of_errors(), "");
    expect_time_goes_on();
    auto& list = seen.frames[MediaType::video];
    ASSERT_GT(list.size(), at + 10);
    EXPECT_TRUE(std::any_of(list.begin() + 11, list.end(), [](auto& f) { return f.keyframe; }));
}

TEST_F(PlaybackTest, StartsFromTheBeginningAfterAStop) {
    auto playback = open("file://" + files->make("vp8-opus.webm"));
    playback->play();
    seen.wait_for([&] { return seen.frames[MediaType::video].size() >= 3; });
    playback->stop();
    EXPECT_EQ(playback->position(), 0ms);
    std::size_t before = 0;
    seen.wait_for([&] { return seen.states.back() == PlaybackState::stopped; });
    seen.note([&] { before = seen.frames[MediaType::video].size(); });
    playback->play();
    wait_for_end();
    EXPECT_EQ(seen.frames[MediaType::video].size() - before, 25u);
    expect_time_goes_on();
}

TEST_F(PlaybackTest, SaysWhatIsWrongWithTheUri) {
    auto playback = open("file:///no/such/file.webm");
    playback->play();
    wait_for_end();
    ASSERT_EQ(seen.errors.size(), 1u);
    EXPECT_EQ(seen.errors[0].kind, PlaybackError::Kind::invalid_uri);
    EXPECT_FALSE(playback->set_position(10ms));
    playback->stop();
    EXPECT_EQ(seen.ends, 0);
}

TEST_F(PlaybackTest, AnUnknownSchemeIsAnInvalidUri) {
    auto playback = open("nosuchscheme://somewhere/file.webm");
    playback->play();
    wait_for_end();
    ASSERT_EQ(seen.errors.size(), 1u);
    EXPECT_EQ(seen.errors[0].kind, PlaybackError::Kind::invalid_uri);
}

TEST_F(PlaybackTest, GarbageIsInvalidMedia) {
    auto playback = open("file://" + files->make_garbage());
    playback->play();
    wait_for_end();
    ASSERT_EQ(seen.errors.size(), 1u);
    EXPECT_EQ(seen.errors[0].kind, PlaybackError::Kind::invalid_media)
        << seen.errors[0].description;
}

TEST_F(PlaybackTest, PlaysOverHttp) {
    for (std::string name : {"vp8-opus.webm", "h264-aac.mp4"}) {
        HttpServer server{files->make(name)};
        auto playback = open(server.uri(name));
        playback->play();
        wait_for_end();
        playback->stop();
        EXPECT_EQ(text_of_errors(), "") << name;
        EXPECT_EQ(seen.frames[MediaType::video].size(), 25u) << name;
        seen.note([&] {
            seen.frames.clear();
            seen.ends = 0;
        });
    }
}

TEST_F(PlaybackTest, AMissingPageIsAnInvalidUri) {
    HttpServer server{files->make("sound.wav")};
    auto playback = open(server.uri("missing.wav"));
    playback->play();
    wait_for_end();
    ASSERT_EQ(seen.errors.size(), 1u);
    EXPECT_EQ(seen.errors[0].kind, PlaybackError::Kind::invalid_uri);
    playback.reset();
}

}  // namespace
}  // namespace rivero::player
