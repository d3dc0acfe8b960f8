// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"

#include <rivero/remote/error.hpp>

namespace example {

using rivero::Codec;
using rivero::MediaType;

std::vector<media::Acceptable> CountingSink::accepts() const {
    // Whole frames: from a WebRTC endpoint they are put together from packets, but not decoded.
    std::vector<media::Acceptable> list;
    for (Codec codec : {Codec::vp8, Codec::vp9, Codec::h264, Codec::h265, Codec::av1})
        list.push_back(media::Acceptable::frames(codec));
    list.push_back(media::Acceptable::raw());
    return list;
}

void CountingSink::on_format(const media::Format& format) {
    if (target_) target_->set_format(format);
}

void CountingSink::on_detached() {
    if (target_) target_->clear_format();
}

void CountingSink::on_frame(const rivero::gst::Frame& frame) {
    ++frames_;
    if (target_) target_->push(frame);
    counted_(frames_);
}

void CountingSink::on_end_of_stream() {
    if (target_) target_->end_of_stream();
}

Counter::Counter(remote::ObjectInit init, media::MediaPipeline& pipeline, int every)
    : MediaElement{std::move(init), pipeline}, every_{0} {
    set_every(every);
    sink_ = media::make_on_worker<CountingSink>(
        graph(), MediaType::video,
        on_strand(*this, [](Counter& self, std::uint64_t frames) { self.on_counted(frames); }));
    auto source = add_output(MediaType::video, [weak = std::weak_ptr{sink_}] {
        if (auto alive = weak.lock()) alive->request_keyframe();
    });
    worker().post([sink = sink_, source] { sink->set_target(source); });
    add_input(sink_);
}

void Counter::set_every(int every) {
    if (every < 1)
        throw remote::RpcError{remote::ErrorCode::media_object_illegal_param,
                               "'every' is " + std::to_string(every) + ", should be 1 or more"};
    every_ = every;
}

void Counter::reset() {
    frames_ = 0;
    worker().post([sink = sink_] { sink->reset(); });
}

void Counter::on_counted(std::uint64_t frames) {
    frames_ = static_cast<std::int64_t>(frames);
    if (frames_ % every_ == 0) raise(Counted{frames_});
}

}  // namespace example
