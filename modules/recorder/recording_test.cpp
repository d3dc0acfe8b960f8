// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "recording.hpp"

#include "rivero/base/thread_loop.hpp"
#include "rivero/gst/init.hpp"

#include <gmock/gmock.h>
#include <gst/app/gstappsink.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

// GLib leaves its first table of quarks behind when it grows, on purpose. It is built without frame
// pointers, so the sanitizer sees no further than g_malloc; unwinding in full took twice as
// long as the tests. The price is that leaks of g_malloc are not seen here.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libglib-2.0.so";
}

namespace rivero::recorder {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time kStart{1000s};

std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> block;
    while (std::size_t n = fread(block.data(), 1, block.size(), pipe)) text.append(block.data(), n);
    pclose(pipe);
    return text;
}

/// One track as an encoder makes it, with times of our own.
struct Stream {
    Codec codec;
    std::vector<gst::Frame> frames;  ///< from kStart on
    gst::Buffer codec_data;
};

/// Encodes a test picture or tone with Debian's encoders.
const Stream& encode(Codec codec, const std::string& source_and_encoder, Duration frame_duration) {
    static std::map<std::string, Stream> done;
    auto [known, is_new] = done.try_emplace(source_and_encoder, Stream{codec, {}, {}});
    Stream& stream = known->second;
    if (!is_new) return stream;
    gst::initialise();
    gst::ErrorSlot error;
    std::string text = source_and_encoder + " ! appsink name=out sync=false";
    auto pipeline = gst::Element::sink(gst_parse_launch(text.c_str(), error.out()));
    RIVERO_ASSERT(!error, "the test's pipeline can be built");
    auto out = gst::Element::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    while (true) {
        auto sample = gst::Sample::adopt(gst_app_sink_pull_sample(GST_APP_SINK(out.get())));
        if (!sample) break;
        auto buffer = gst::Buffer::adopt(gst_buffer_copy(gst_sample_get_buffer(sample.get())));
        GST_BUFFER_DTS(buffer.get()) = GST_CLOCK_TIME_NONE;
        gst::Frame frame;
        frame.keyframe = !GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
        frame.buffer = buffer;
        frame.pts = kStart + frame_duration * static_cast<int>(stream.frames.size());
        stream.frames.push_back(std::move(frame));
        const GstStructure* caps = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
        const GValue* data = gst_structure_get_value(caps, "codec_data");
        if (data) stream.codec_data = gst::Buffer::share(gst_value_get_buffer(data));
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return stream;
}

constexpr Duration kVideoFrame = 33'333'333ns;

Stream video(Codec codec, int seconds, int width = 320, int height = 240) {
    static const std::map<Codec, std::string> kEncoders{
        {Codec::vp8, "vp8enc deadline=1 keyframe-max-dist=30"},
        {Codec::vp9, "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=30"},
        {Codec::av1,
         "av1enc cpu-used=10 usage-profile=realtime lag-in-frames=0 keyframe-max-dist=30 ! "
         "av1parse ! "
         "video/x-av1,stream-format=obu-stream,alignment=tu"},
        {Codec::h264,
         "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! "
         "video/x-h264,stream-format=byte-stream,alignment=au"}};
    std::ostringstream text;
    if (codec == Codec::h265) {
        // In a process of its own: x265 leaks.
        std::string file = std::getenv("RIVERO_RECORDING_TEST") + std::string{"/h265"};
        text << "ffmpeg -v error -y -f lavfi -i testsrc=d=" << seconds << ":r=30:s=" << width << "x"
             << height
             << " -pix_fmt yuv420p -c:v libx265 -preset ultrafast -tune zerolatency -g 30 "
                "-x265-params log-level=error -f hevc "
             << file << " 2>&1";
        EXPECT_EQ(output_of(text.str()), "");
        return encode(codec,
                      "filesrc location=" + file +
                          " ! h265parse ! video/x-h265,stream-format=byte-stream,alignment=au",
                      kVideoFrame);
    }
    text << "videotestsrc pattern=ball num-buffers=" << seconds * 30
         << " ! video/x-raw,format=I420,framerate=30/1,width=" << width << ",height=" << height
         << " ! " << kEncoders.at(codec);
    return encode(codec, text.str(), kVideoFrame);
}

Stream audio(Codec codec, int seconds) {
    static const std::map<Codec, std::string> kEncoders{{Codec::opus, "opusenc"},
                                                        {Codec::aac, "avenc_aac"},
                                                        {Codec::pcmu, "mulawenc"},
                                                        {Codec::pcma, "alawenc"}};
    bool g711 = codec == Codec::pcmu || codec == Codec::pcma;
    int rate = g711 ? 8000 : 48000;
    int samples = codec == Codec::aac ? 1024 : rate / 50;
    std::ostringstream text;
    text << "audiotestsrc samplesperbuffer=" << samples
         << " num-buffers=" << seconds * rate / samples << " ! audio/x-raw,rate=" << rate
         << ",channels=" << (g711 ? 1 : 2) << ",layout=interleaved ! audioconvert ! "
         << kEncoders.at(codec);
    return encode(codec, text.str(), Duration{1s} * samples / rate);
}

/// The part of a stream between two times after its start; the frames keep their times.
Stream part(const Stream& stream, Duration from, Duration to) {
    Stream some{stream.codec, {}, stream.codec_data};
    for (const gst::Frame& frame : stream.frames)
        if (frame.pts >= kStart + from && frame.pts < kStart + to) some.frames.push_back(frame);
    return some;
}
Stream moved(Stream stream, Duration by) {
    for (gst::Frame& frame : stream.frames) frame.pts += by;
    return stream;
}

/// What ffprobe sees in a file.
struct Probe {
    double duration = -1;  ///< seconds
    struct Track {
        std::string codec;
        std::vector<double> times;  ///< of packets as they follow in the file, seconds
        [[nodiscard]] double first() const { return times.empty() ? -1 : times.front(); }
        [[nodiscard]] double last() const { return times.empty() ? -1 : times.back(); }
        [[nodiscard]] double largest_gap() const {
            double gap = 0;
            for (std::size_t i = 1; i < times.size(); ++i)
                gap = std::max(gap, times[i] - times[i - 1]);
            return gap;
        }
        [[nodiscard]] bool growing() const {
            return std::ranges::adjacent_find(times, std::greater_equal<>{}) == times.end();
        }
    };
    std::map<std::string, Track> tracks;  ///< by `audio`, `video`
    std::string decoding_errors;          ///< what ffmpeg complains about when it plays all of it
};

Probe probe(const std::string& path) {
    Probe result;
    std::istringstream lines{
        output_of("ffprobe -v error -show_entries format=duration:packet=codec_type,pts_time:"
                  "stream=codec_type,codec_name -of compact '" +
                  path + "' 2>&1")};
    for (std::string line; std::getline(lines, line);) {
        std::map<std::string, std::string> fields;
        std::istringstream parts{line};
        std::string section;
        std::getline(parts, section, '|');
        for (std::string field; std::getline(parts, field, '|');) {
            std::size_t equals = field.find('=');
            if (equals != std::string::npos)
                fields[field.substr(0, equals)] = field.substr(equals + 1);
        }
        const std::string& kind = fields["codec_type"];
        if (section == "packet")
            result.tracks[kind].times.push_back(std::atof(fields["pts_time"].c_str()));
        else if (section == "stream")
            result.tracks[kind].codec = fields["codec_name"];
        else if (section == "format" && fields["duration"] != "N/A")
            result.duration = std::atof(fields["duration"].c_str());
        else if (section != "format")
            ADD_FAILURE() << "ffprobe: " << line;
    }
    result.decoding_errors = output_of("ffmpeg -v error -i '" + path + "' -f null - 2>&1");
    return result;
}

class RecordingTest : public testing::Test {
protected:
    // Also the folder of the process that a death test starts: it inherits the variable.
    RecordingTest() {
        if (!std::getenv("RIVERO_RECORDING_TEST")) {
            std::string name = testing::TempDir() + "recordingXXXXXX";
            setenv("RIVERO_RECORDING_TEST", mkdtemp(name.data()), 1);
            mine_ = true;
        }
        folder_ = std::getenv("RIVERO_RECORDING_TEST");
    }
    ~RecordingTest() override {
        close();
        if (!mine_) return;
        std::filesystem::remove_all(folder_);
        unsetenv("RIVERO_RECORDING_TEST");
    }

    void record(FileFormat format, bool with_audio = true, bool with_video = true,
                std::string path = {}) {
        path_ = path.empty() ? folder_ + "/file" : path;
        RecordingEvents events;
        events.recording = [this] { happened_.push_back("recording"); };
        events.paused = [this] { happened_.push_back("paused"); };
        events.failed = [this](const RecordingError& error) {
            happened_.emplace_back(event_type(error.kind));
        };
        events.need_keyframe = [this] { ++keyframes_asked_; };
        events.stopped = [this] {
            happened_.push_back("stopped");
            stopped_.set_value();
        };
        on_owner([&] {
            recording_ = std::make_unique<Recording>(
                owner_, files_,
                Recording::Settings{path_, {format, with_audio, with_video}, {1 << 20, 1 << 30}},
                events);
        });
    }
    /// Pushes in the order of time, as live streams come.
    void push(const std::vector<Stream>& streams) {
        struct Item {
            const Stream* stream;
            const gst::Frame* frame;
        };
        std::vector<Item> items;
        for (const Stream& stream : streams)
            for (const gst::Frame& frame : stream.frames) items.push_back({&stream, &frame});
        std::ranges::stable_sort(items, {}, [](const Item& item) { return item.frame->pts; });
        on_owner([&] {
            for (const Item& item : items)
                recording_->push(item.stream->codec, *item.frame, item.stream->codec_data);
        });
    }
    void stop() {
        on_owner([this] { recording_->stop(); });
        stopped_.get_future().wait();
    }
    Probe stop_and_probe() {
        stop();
        return probe(path_);
    }
    void on_owner(const std::function<void()>& work) { on(owner_, work); }
    static void on(Loop& loop, const std::function<void()>& work) {
        std::promise<void> done;
        loop.post([&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    void close() {
        on_owner([this] { recording_.reset(); });
    }

    std::string folder_;
    bool mine_ = false;
    std::string path_;
    ThreadLoop owner_{"owner"};
    ThreadLoop files_{"files"};
    std::unique_ptr<Recording> recording_;
    std::promise<void> stopped_;
    std::vector<std::string> happened_;
    int keyframes_asked_ = 0;
};

struct Case {
    const char* name;
    FileFormat format;
    std::optional<Codec> audio;
    std::optional<Codec> video;
    const char* audio_name;  ///< ffprobe's
    const char* video_name;
};

class EveryCodec : public RecordingTest, public testing::WithParamInterface<Case> {};

TEST_P(EveryCodec, GivesAFileOfTheRightLengthWithoutGaps) {
    const Case& c = GetParam();
    std::vector<Stream> streams;
    if (c.audio) streams.push_back(audio(*c.audio, 3));
    if (c.video) streams.push_back(video(*c.video, 3));
    record(c.format, c.audio.has_value(), c.video.has_value());
    push(streams);
    Probe file = stop_and_probe();
    EXPECT_THAT(happened_, ElementsAre("recording", "stopped"));
    EXPECT_NEAR(file.duration, 3, 0.3);
    EXPECT_EQ(file.decoding_errors, "");
    EXPECT_EQ(file.tracks.size(), streams.size());
    auto check = [&](const char* kind, const char* name) {
        EXPECT_EQ(file.tracks[kind].codec, name);
        EXPECT_NEAR(file.tracks[kind].first(), 0, 0.03);
        EXPECT_NEAR(file.tracks[kind].last(), 3, 0.1);
        EXPECT_LT(file.tracks[kind].largest_gap(), 0.04);
        EXPECT_TRUE(file.tracks[kind].growing());
    };
    if (c.audio) check("audio", c.audio_name);
    if (c.video) check("video", c.video_name);
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, EveryCodec,
    testing::Values(Case{"WebmVp8Opus", FileFormat::webm, Codec::opus, Codec::vp8, "opus", "vp8"},
                    Case{"WebmVp9Opus", FileFormat::webm, Codec::opus, Codec::vp9, "opus", "vp9"},
                    Case{"WebmAv1Opus", FileFormat::webm, Codec::opus, Codec::av1, "opus", "av1"},
                    Case{"WebmAudioOnly", FileFormat::webm, Codec::opus, {}, "opus", ""},
                    Case{"WebmVideoOnly", FileFormat::webm, {}, Codec::vp8, "", "vp8"},
                    Case{"MkvH264Aac", FileFormat::mkv, Codec::aac, Codec::h264, "aac", "h264"},
                    Case{"MkvH265Opus", FileFormat::mkv, Codec::opus, Codec::h265, "opus", "hevc"},
                    Case{"MkvVp8Pcmu", FileFormat::mkv, Codec::pcmu, Codec::vp8, "pcm_mulaw",
                         "vp8"},
                    Case{"MkvAv1Pcma", FileFormat::mkv, Codec::pcma, Codec::av1, "pcm_alaw", "av1"},
                    Case{"Mp4H264Aac", FileFormat::mp4, Codec::aac, Codec::h264, "aac", "h264"},
                    Case{"Mp4H265Aac", FileFormat::mp4, Codec::aac, Codec::h265, "aac", "hevc"},
                    Case{"Mp4Av1Aac", FileFormat::mp4, Codec::aac, Codec::av1, "aac", "av1"},
                    Case{"Mp4AudioOnly", FileFormat::mp4, Codec::aac, {}, "aac", ""},
                    Case{"Mp4VideoOnly", FileFormat::mp4, {}, Codec::h264, "", "h264"}),
    [](const auto& row) { return row.param.name; });

/// WebM and MP4, the two ways in which a file is laid out.
struct Kind {
    const char* name;
    FileFormat format;
    Codec audio;
    Codec video;
};

class BothLayouts : public RecordingTest, public testing::WithParamInterface<Kind> {
protected:
    [[nodiscard]] Stream sound(int seconds) const { return audio(GetParam().audio, seconds); }
    [[nodiscard]] Stream picture(int seconds) const { return video(GetParam().video, seconds); }
    void record() { RecordingTest::record(GetParam().format); }
    /// Ends the process: 0 when all went as it should.
    [[noreturn]] void record_with_file_limit(const std::vector<Stream>& streams, rlim_t bytes) {
        signal(SIGXFSZ, SIG_IGN);
        rlimit limit{bytes, bytes};
        setrlimit(RLIMIT_FSIZE, &limit);
        record();
        push(streams);
        stop();
        std::vector<std::string> expected{"recording", "RESOURCE_ERROR_WRITE", "stopped"};
        _exit(happened_ == expected ? 0 : 1);
    }
};
INSTANTIATE_TEST_SUITE_P(Layouts, BothLayouts,
                         testing::Values(Kind{"Webm", FileFormat::webm, Codec::opus, Codec::vp8},
                                         Kind{"Mkv", FileFormat::mkv, Codec::opus, Codec::h264},
                                         Kind{"Mp4", FileFormat::mp4, Codec::aac, Codec::h264}),
                         [](const auto& row) { return row.param.name; });

TEST_P(BothLayouts, PauseIsCutOutOfBothTracksAndVideoGoesOnWithAKeyFrame) {
    Stream a = sound(6);
    Stream v = picture(6);
    record();
    push({part(a, 0s, 2s), part(v, 0s, 2s)});
    on_owner([this] { recording_->pause(); });
    push({part(a, 2s, 3500ms), part(v, 2s, 3500ms)});
    on_owner([this] { recording_->resume(); });
    push({part(a, 3500ms, 6s), part(v, 3500ms, 6s)});
    Probe file = stop_and_probe();
    EXPECT_THAT(happened_, ElementsAre("recording", "paused", "recording", "stopped"));
    EXPECT_GT(keyframes_asked_, 0);
    // Key frames come each second: goes on with the one at 4 s.
    EXPECT_NEAR(file.duration, 4, 0.3);
    EXPECT_NEAR(file.tracks["video"].last(), 4, 0.1);
    EXPECT_NEAR(file.tracks["audio"].last(), 4, 0.1);
    EXPECT_LT(file.tracks["video"].largest_gap(), 0.07);
    EXPECT_LT(file.tracks["audio"].largest_gap(), 0.07);
    EXPECT_EQ(file.decoding_errors, "");
}

TEST_P(BothLayouts, ATrackThatStopsDoesNotHoldTheOtherBack) {
    record();
    push({part(sound(5), 0s, 2s), picture(5)});
    Probe file = stop_and_probe();
    EXPECT_NEAR(file.tracks["audio"].last(), 2, 0.1);
    EXPECT_NEAR(file.tracks["video"].last(), 5, 0.1);
    EXPECT_LT(file.tracks["video"].largest_gap(), 0.04);
    EXPECT_NEAR(file.duration, 5, 0.3);
    EXPECT_EQ(file.decoding_errors, "");
}

TEST_P(BothLayouts, ATrackThatPausesComesBackAtItsTime) {
    Stream a = sound(6);
    record();
    Stream twice = part(a, 0s, 1s);
    for (const gst::Frame& frame : part(a, 5s, 6s).frames) twice.frames.push_back(frame);
    push({twice, picture(6)});
    Probe file = stop_and_probe();
    EXPECT_NEAR(file.tracks["audio"].largest_gap(), 4, 0.1);
    EXPECT_NEAR(file.tracks["audio"].last(), 6, 0.1);
    EXPECT_NEAR(file.duration, 6, 0.3);
    EXPECT_EQ(file.decoding_errors, "");
}

TEST_P(BothLayouts, AudioThatComesLateIsAddedAtItsTime) {
    record();
    push({part(sound(6), 3s, 6s), picture(6)});
    Probe file = stop_and_probe();
    EXPECT_NEAR(file.tracks["video"].first(), 0, 0.01);
    EXPECT_NEAR(file.tracks["audio"].first(), 3, 0.05);
    EXPECT_NEAR(file.tracks["audio"].last(), 6, 0.1);
    EXPECT_NEAR(file.duration, 6, 0.3);
    EXPECT_EQ(file.decoding_errors, "");
}

TEST_P(BothLayouts, VideoThatComesLateIsAddedAtItsTime) {
    record();
    push({sound(6), moved(picture(3), 3s)});
    Probe file = stop_and_probe();
    EXPECT_NEAR(file.tracks["audio"].first(), 0, 0.01);
    EXPECT_NEAR(file.tracks["video"].first(), 3, 0.05);
    EXPECT_NEAR(file.tracks["video"].last(), 6, 0.1);
    EXPECT_NEAR(file.duration, 6, 0.3);
    EXPECT_EQ(file.decoding_errors, "");
}

TEST_P(BothLayouts, BeginsWithTheFirstKeyFrameAndDropsWhatWasBefore) {
    record();
    // The key frame before 0.5 s is not there: the next one is at 1 s.
    push({sound(4), part(picture(4), 500ms, 4s)});
    Probe file = stop_and_probe();
    EXPECT_GT(keyframes_asked_, 0);
    EXPECT_NEAR(file.tracks["video"].first(), 0, 0.03);
    EXPECT_NEAR(file.tracks["audio"].first(), 0, 0.03);
    EXPECT_NEAR(file.duration, 3, 0.3);
    EXPECT_EQ(file.decoding_errors, "");
}

TEST_P(BothLayouts, APictureSizeThatChangesStaysPlayable) {
    record();
    push({sound(4), picture(2), moved(video(GetParam().video, 2, 640, 480), 2s)});
    Probe file = stop_and_probe();
    EXPECT_NEAR(file.duration, 4, 0.3);
    EXPECT_EQ(file.decoding_errors, "");
    EXPECT_EQ(output_of("ffprobe -v error -select_streams v -show_entries frame=width "
                        "-of default=nk=1:nw=1 '" +
                        path_ + "' 2>&1 | sort | uniq -c"),
              "     60 320\n     60 640\n");
}

TEST_P(BothLayouts, AKilledRecordingPlaysUpToItsLastSecond) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            record();
            push({sound(5), picture(5)});
            on(files_, [] {});  // all that was pushed has been dealt with
            kill(getpid(), SIGKILL);
        },
        testing::KilledBySignal(SIGKILL), "");
    Probe file = probe(folder_ + "/file");
    EXPECT_GT(file.tracks["video"].last(), 4.0);
    EXPECT_GT(file.tracks["audio"].last(), 4.0);
    EXPECT_LT(file.tracks["video"].largest_gap(), 0.04);
    EXPECT_NEAR(file.duration, 4.6, 0.5);
    EXPECT_EQ(file.decoding_errors, "");
}

TEST_P(BothLayouts, AFullDiskIsReportedOnceAndEndsWithStopped) {
    RecordingTest::record(GetParam().format, true, true, "/dev/full");
    push({sound(2), picture(2)});
    stop();
    EXPECT_THAT(happened_, ElementsAre("RESOURCE_ERROR_NO_SPACE_LEFT", "stopped"));
}

TEST_P(BothLayouts, WhatFitsOnTheDiskStaysPlayable) {
    Stream a = sound(5);
    Stream v = picture(5);
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(record_with_file_limit({a, v}, 60'000), testing::ExitedWithCode(0), "");
    Probe file = probe(folder_ + "/file");
    EXPECT_GT(file.tracks["video"].last(), 0.5);
    EXPECT_LT(file.tracks["video"].last(), 5);
    EXPECT_NEAR(file.duration, file.tracks["video"].last(), 0.6);
    EXPECT_EQ(file.decoding_errors, "");
}

TEST_F(RecordingTest, MakesMissingFoldersAndOverwritesTheFile) {
    std::string path = folder_ + "/a/b/file.webm";
    record(FileFormat::webm, true, true, path);
    push({audio(Codec::opus, 1)});
    stop();
    EXPECT_NEAR(probe(path).duration, 1, 0.1);
    close();
    stopped_ = {};
    std::ofstream{path, std::ios::app} << std::string(1 << 20, 'x');
    record(FileFormat::webm, true, true, path);
    push({audio(Codec::opus, 1)});
    stop();
    EXPECT_LT(std::filesystem::file_size(path), 1U << 20);
}

TEST_F(RecordingTest, AFileThatCannotBeMadeIsReported) {
    record(FileFormat::webm, true, true, "/proc/no/such/file");
    push({audio(Codec::opus, 1)});
    stop();
    EXPECT_THAT(happened_, ElementsAre("RESOURCE_ERROR_OPEN", "stopped"));
}

TEST_F(RecordingTest, ACodecThatChangesIsReportedOnceAndTheOtherTrackGoesOn) {
    record(FileFormat::webm);
    push({audio(Codec::opus, 4), video(Codec::vp8, 2), moved(video(Codec::vp9, 2), 2s)});
    Probe file = stop_and_probe();
    EXPECT_THAT(happened_, ElementsAre("recording", "STREAM_ERROR_FAILED", "stopped"));
    EXPECT_NEAR(file.tracks["video"].last(), 2, 0.1);
    EXPECT_NEAR(file.tracks["audio"].last(), 4, 0.1);
}

TEST_F(RecordingTest, StoppedWithoutMediaTellsItAndRecordedNothing) {
    record(FileFormat::mp4);
    stop();
    EXPECT_THAT(happened_, ElementsAre("stopped"));
    EXPECT_EQ(std::filesystem::file_size(path_), 0U);
}

TEST_F(RecordingTest, OneThatDiesWithoutStopClosesItsFileAndSaysNothing) {
    record(FileFormat::mp4);
    push({audio(Codec::aac, 2), video(Codec::h264, 2)});
    close();
    on(files_, [] {});
    EXPECT_NEAR(probe(path_).duration, 2, 0.3);
    EXPECT_EQ(output_of("grep -c mvex '" + path_ + "'"), "1\n") << "only inside the mdat";
    EXPECT_THAT(happened_, testing::Not(testing::Contains("stopped")));
}

gst::Frame frame_of_size(std::size_t size, bool keyframe) {
    gst::Frame frame;
    frame.buffer = gst::make_buffer(ByteVector(size));
    frame.keyframe = keyframe;
    return frame;
}

TEST(FrameQueue, FullDropsTheOldestVideoUpToTheNextKeyFrame) {
    gst::initialise();
    FrameQueue queue{{.frames = 5, .bytes = 1000}};
    EXPECT_TRUE(queue.push({Codec::vp8, frame_of_size(1, true), {}, 0}));
    EXPECT_TRUE(queue.push({Codec::vp8, frame_of_size(2, false), {}, 0}));
    EXPECT_TRUE(queue.push({Codec::opus, frame_of_size(3, true), {}, 0}));
    EXPECT_TRUE(queue.push({Codec::vp8, frame_of_size(4, false), {}, 0}));
    EXPECT_TRUE(queue.push({Codec::vp8, frame_of_size(5, true), {}, 0}));
    EXPECT_TRUE(queue.push({Codec::vp8, frame_of_size(6, false), {}, 0}));
    EXPECT_EQ(queue.dropped(), 2U);
    std::vector<std::size_t> sizes;
    while (auto frame = queue.pop())
        sizes.push_back(gst_buffer_get_size(frame->frame.buffer.get()));
    EXPECT_THAT(sizes, ElementsAre(1, 3, 5, 6));
}

TEST(FrameQueue, AsksForAKeyFrameWhenNoneFollowsTheDroppedVideo) {
    gst::initialise();
    FrameQueue queue{{.frames = 100, .bytes = 100}};
    EXPECT_TRUE(queue.push({Codec::vp8, frame_of_size(60, true), {}, 0}));
    EXPECT_FALSE(queue.push({Codec::vp8, frame_of_size(60, false), {}, 0}));
    EXPECT_FALSE(queue.push({Codec::vp8, frame_of_size(1, false), {}, 0}));
    EXPECT_TRUE(queue.push({Codec::opus, frame_of_size(1, true), {}, 0}));
    EXPECT_TRUE(queue.push({Codec::vp8, frame_of_size(1, true), {}, 0}));
    EXPECT_EQ(queue.dropped(), 2U);
}

TEST(Profile, ListsItsCodecsBestFirst) {
    EXPECT_THAT(accepted({FileFormat::webm, true, true}, MediaType::audio),
                ElementsAre(Codec::opus));
    EXPECT_THAT(accepted({FileFormat::mp4, true, true}, MediaType::video),
                ElementsAre(Codec::h264, Codec::h265, Codec::av1));
    EXPECT_THAT(accepted({FileFormat::mp4, true, false}, MediaType::video), IsEmpty());
}

TEST(PathOfUri, DecodesAndRefuses) {
    EXPECT_EQ(path_of_uri("file:///tmp/a%20b.webm").value(), "/tmp/a b.webm");
    EXPECT_FALSE(path_of_uri("http://example.com/a").has_value());
}

}  // namespace
}  // namespace rivero::recorder
