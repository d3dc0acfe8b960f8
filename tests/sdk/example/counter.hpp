// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <rivero/media/element.hpp>

namespace example {

namespace media = rivero::media;
namespace remote = rivero::remote;

/// Hands frames from an input to an output and counts them. Belongs to the RTC worker, like every
/// Sink.
class CountingSink final : public media::Sink {
public:
    /// @param counted called with the number of frames so far, on the worker
    CountingSink(rivero::MediaType type, std::function<void(std::uint64_t)> counted)
        : Sink{type}, counted_{std::move(counted)} {}

    void set_target(std::shared_ptr<media::Source> target) { target_ = std::move(target); }
    void reset() { frames_ = 0; }

    [[nodiscard]] std::vector<media::Acceptable> accepts() const override;
    void on_format(const media::Format& format) override;
    void on_detached() override;
    void on_frame(const rivero::gst::Frame& frame) override;
    void on_end_of_stream() override;

private:
    std::shared_ptr<media::Source> target_;
    std::function<void(std::uint64_t)> counted_;
    std::uint64_t frames_ = 0;
};

/// Raised each time that another `every` frames of video have passed.
struct Counted {
    std::int64_t frames = 0;
};
inline auto describe(remote::Identity<Counted>) {
    return remote::structure<Counted>(
               "Counted", "Another number of frames has passed.",
               remote::field("frames", &Counted::frames, "Frames since the last reset."))
        .in("example", "example");
}

/// Counts the video frames that pass. What answers clients runs on the strand of the pipeline; the
/// sink, on the worker, tells it.
class Counter final : public media::MediaElement {
public:
    static constexpr const char* kClassName = "Counter";

    Counter(remote::ObjectInit init, media::MediaPipeline& pipeline, int every);

    [[nodiscard]] int get_every() const { return every_; }
    void set_every(int every);
    [[nodiscard]] std::int64_t frames() const { return frames_; }
    void reset();

private:
    void on_counted(std::uint64_t frames);

    int every_;
    std::int64_t frames_ = 0;
    std::shared_ptr<CountingSink> sink_;
};

}  // namespace example
