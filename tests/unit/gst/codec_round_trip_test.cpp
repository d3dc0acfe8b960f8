// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/decoder.hpp"
#include "rivero/gst/encoder.hpp"
#include "rivero/gst/glib_loop.hpp"
#include "rivero/gst/init.hpp"

#include <gst/audio/audio.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace rivero::gst {
namespace {

/// Runs `f` on the loop and waits for it.
template <class F>
auto on(Loop& loop, F f) {
    std::promise<decltype(f())> done;
    auto result = done.get_future();
    loop.post([&] {
        if constexpr (std::is_void_v<decltype(f())>) {
            f();
            done.set_value();
        } else {
            done.set_value(f());
        }
    });
    return result.get();
}

Caps video_caps(int width, int height, const char* format = "I420") {
    return *caps_from_text("video/x-raw, format=" + std::string{format} +
                           ", width=" + std::to_string(width) +
                           ", height=" + std::to_string(height) + ", framerate=0/1");
}

/// A picture that is not the same as the one before it.
Buffer picture(int width, int height, int number) {
    GstVideoInfo info;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, static_cast<guint>(width),
                              static_cast<guint>(height));
    ByteVector bytes(GST_VIDEO_INFO_SIZE(&info));
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>((i + static_cast<std::size_t>(number) * 7) % 200);
    return make_buffer(bytes);
}

constexpr Time kStart = Time{} + 5000s;  // absolute time, far from zero

Frame video_frame(int width, int height, int number) {
    Frame frame;
    frame.buffer = picture(width, height, number);
    frame.pts = kStart + number * 40ms;
    frame.duration = 40ms;
    return frame;
}

struct Case {
    const char* name;
    Codec codec;
    EncoderSettings settings;
};

std::string case_name(const testing::TestParamInfo<Case>& info) {
    return info.param.name;
}

/// Encoder and decoder back to back on one loop, fed one frame at a time.
struct RoundTrip {
    GlibLoop loop{"test"};
    std::unique_ptr<Encoder> encoder;
    std::unique_ptr<Decoder> decoder;
    std::vector<Frame> encoded;
    std::vector<std::pair<Frame, Caps>> raw;
    std::promise<void>* waits = nullptr;
    std::size_t wanted = 0;
    std::string error;

    void wake() {
        if (waits && (raw.size() >= wanted || !error.empty()))
            std::exchange(waits, nullptr)->set_value();
    }
    std::string start(const Case& c) {
        return on(loop, [&]() -> std::string {
            auto failed = [this](const BusReport& r) {
                error = r.element + ": " + r.text + " " + r.debug;
                wake();
            };
            auto d = Decoder::create(loop, c.codec, {},
                                     {.on_frame =
                                          [this](Frame f, const Caps& caps) {
                                              raw.emplace_back(std::move(f), caps);
                                              wake();
                                          },
                                      .on_need_keyframe = [this] { encoder->request_keyframe(); },
                                      .on_error = failed});
            if (!d) return d.error().message;
            decoder = std::move(*d);
            auto e = Encoder::create(loop, c.codec, c.settings,
                                     {.on_frame =
                                          [this, first = true](Frame f, const Caps& caps) mutable {
                                              if (std::exchange(first, false))
                                                  decoder->set_input_caps(caps);
                                              encoded.push_back(f);
                                              decoder->push(f);
                                          },
                                      .on_error = failed});
            if (!e) return e.error().message;
            encoder = std::move(*e);
            return "";
        });
    }
    /// Pushes one frame and waits until `count` raw frames have come out in all.
    void push_and_wait(const Frame& frame, const Caps& caps, std::size_t count) {
        std::promise<void> done;
        on(loop, [&] {
            wanted = count;
            waits = &done;
            encoder->push(frame, caps);
            wake();
        });
        done.get_future().get();
    }
    ~RoundTrip() {
        on(loop, [&] {
            encoder.reset();
            decoder.reset();
        });
    }
};

class VideoRoundTrip : public testing::TestWithParam<Case> {};

TEST_P(VideoRoundTrip, EachFrameComesBackAtOnceAtItsTimeAndThroughAChangeOfSize) {
    RoundTrip trip;
    ASSERT_EQ(trip.start(GetParam()), "");
    auto small = video_caps(160, 120);
    auto odd = video_caps(321, 241);
    for (int i = 0; i < 8 && trip.error.empty(); ++i)
        trip.push_and_wait(video_frame(160, 120, i), small, trip.raw.size() + 1);
    for (int i = 8; i < 12 && trip.error.empty(); ++i)
        trip.push_and_wait(video_frame(321, 241, i), odd, trip.raw.size() + 1);
    EXPECT_EQ(trip.error, "");
    ASSERT_EQ(trip.raw.size(), 12u);
    for (int i = 0; i < 12; ++i) {
        auto pts = trip.raw[static_cast<std::size_t>(i)].first.pts;
        EXPECT_LT(pts - (kStart + i * 40ms), 1ms) << i;
        EXPECT_GT(pts - (kStart + i * 40ms), -1ms) << i;
    }
    GstVideoInfo info;
    ASSERT_TRUE(gst_video_info_from_caps(&info, trip.raw.back().second.get()));
    EXPECT_EQ(info.width, 320);
    EXPECT_EQ(info.height, 240);
    EXPECT_TRUE(trip.encoded.front().keyframe);
}

TEST_P(VideoRoundTrip, TheFrameAfterARequestIsAKeyFrame) {
    RoundTrip trip;
    ASSERT_EQ(trip.start(GetParam()), "");
    auto caps = video_caps(160, 120);
    auto next = [&](int i) {
        trip.push_and_wait(video_frame(160, 120, i), caps, trip.raw.size() + 1);
    };
    for (int i = 0; i < 5; ++i) next(i);
    ASSERT_EQ(trip.error, "");
    EXPECT_FALSE(trip.encoded.back().keyframe);
    on(trip.loop, [&] {
        trip.encoder->request_keyframe();
        trip.encoder->set_bitrate(Bitrate::kbps(500));
    });
    next(5);
    EXPECT_TRUE(trip.encoded.back().keyframe);
    next(6);
    EXPECT_FALSE(trip.encoded.back().keyframe);
    EXPECT_EQ(trip.error, "");
}

EncoderSettings at(std::int64_t kbps, H264Encoder h264 = H264Encoder::x264) {
    EncoderSettings settings;
    settings.bitrate = Bitrate::kbps(kbps);
    settings.h264 = h264;
    return settings;
}

INSTANTIATE_TEST_SUITE_P(
    Codecs, VideoRoundTrip,
    testing::Values(Case{"Vp8", Codec::vp8, at(2000)}, Case{"Vp9", Codec::vp9, at(2000)},
                    Case{"H264X264", Codec::h264, at(2000)},
                    Case{"H264OpenH264", Codec::h264, at(2000, H264Encoder::openh264)},
                    Case{"H265", Codec::h265, at(2000)}, Case{"Av1", Codec::av1, at(2000)}),
    case_name);

class AudioRoundTrip : public testing::TestWithParam<Case> {};

TEST_P(AudioRoundTrip, KeepsTheTimeLine) {
    RoundTrip trip;
    ASSERT_EQ(trip.start(GetParam()), "");
    auto caps =
        *caps_from_text("audio/x-raw, format=S16LE, layout=interleaved, rate=44100, channels=2");
    constexpr int kPieces = 100;
    ByteVector piece(441 * 4);
    for (std::size_t i = 0; i < piece.size(); ++i) piece[i] = static_cast<std::uint8_t>(i * 5);
    std::promise<void> done;
    on(trip.loop, [&] {
        trip.waits = &done;
        trip.wanted = 30;
        for (int i = 0; i < kPieces / 2; ++i) {
            Frame frame;
            frame.buffer = make_buffer(piece);
            frame.pts = kStart + i * 10ms;
            frame.duration = 10ms;
            trip.encoder->push(frame, caps);
        }
        trip.wanted = 15;
    });
    done.get_future().get();
    ASSERT_EQ(trip.error, "");
    on(trip.loop, [&] {
        // Coders look ahead by some milliseconds, not more.
        EXPECT_LT(std::chrono::abs(trip.raw.front().first.pts - kStart), 60ms);
        for (std::size_t i = 1; i < trip.raw.size(); ++i)
            EXPECT_GT(trip.raw[i].first.pts, trip.raw[i - 1].first.pts);
        auto last = trip.raw.back().first.pts - kStart;
        EXPECT_GT(last, 200ms);
        EXPECT_LT(last, 600ms);
    });
}

INSTANTIATE_TEST_SUITE_P(Codecs, AudioRoundTrip,
                         testing::Values(Case{"Opus", Codec::opus, {}},
                                         Case{"Pcmu", Codec::pcmu, {}},
                                         Case{"Pcma", Codec::pcma, {}},
                                         Case{"G722", Codec::g722, {}},
                                         Case{"Aac", Codec::aac, {}}),
                         case_name);

TEST(Encoder, BitrateStaysWithinItsLimits) {
    GlibLoop loop{"test"};
    on(loop, [&] {
        EncoderSettings settings;
        settings.min_bitrate = Bitrate::kbps(100);
        settings.max_bitrate = Bitrate::kbps(400);
        auto encoder = Encoder::create(loop, Codec::vp8, settings, {});
        ASSERT_TRUE(encoder);
        EXPECT_EQ((*encoder)->bitrate(), Bitrate::kbps(300));
        (*encoder)->set_bitrate(Bitrate::kbps(50));
        EXPECT_EQ((*encoder)->bitrate(), Bitrate::kbps(100));
        (*encoder)->set_bitrate(Bitrate::kbps(9000));
        EXPECT_EQ((*encoder)->bitrate(), Bitrate::kbps(400));
    });
}

TEST(Encoder, SizesAreEvenWithinTheLimitsAndKeepTheirShape) {
    EncoderSettings limits;
    EXPECT_EQ(encoded_size({321, 241}, 1, limits), (PictureSize{320, 240}));
    EXPECT_EQ(encoded_size({1, 1}, 1, limits), (PictureSize{2, 2}));
    EXPECT_EQ(encoded_size({720, 576}, 0.5, limits), (PictureSize{360, 576}));
    limits.max_width = 640;
    EXPECT_EQ(encoded_size({1280, 720}, 1, limits), (PictureSize{640, 360}));
    limits.max_height = 180;
    EXPECT_EQ(encoded_size({1280, 720}, 1, limits), (PictureSize{320, 180}));
    EXPECT_EQ(encoded_size({160, 120}, 1, limits), (PictureSize{160, 120}));
}

TEST(Decoder, AsksForAKeyFrameAndDecodesNothingBeforeIt) {
    GlibLoop loop{"test"};
    std::promise<void> asked;
    std::unique_ptr<Decoder> decoder;
    on(loop, [&] {
        auto d = Decoder::create(loop, Codec::vp8, {},
                                 {.on_frame = [](Frame, const Caps&) { ADD_FAILURE(); },
                                  .on_need_keyframe = [&] { asked.set_value(); },
                                  .on_error = {}});
        ASSERT_TRUE(d);
        decoder = std::move(*d);
        Frame frame;
        frame.buffer = make_buffer(as_bytes("not a key frame"));
        frame.pts = kStart;
        frame.keyframe = false;
        decoder->push(frame);
    });
    asked.get_future().get();
    on(loop, [&] {
        EXPECT_EQ(decoder->dropped(), 1u);
        decoder.reset();
    });
}

}  // namespace
}  // namespace rivero::gst
