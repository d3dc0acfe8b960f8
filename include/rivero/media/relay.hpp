// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/sink.hpp"
#include "rivero/media/source.hpp"

#include <memory>
#include <optional>

namespace rivero::media {

/// Hands what comes in to a source as it is, or in one format when that is forced. RTC worker.
class Relay final : public Sink {
public:
    explicit Relay(MediaType type) : Sink{type} {}

    /// The output; null: nowhere. Not owned together: whoever joins them keeps the source.
    void set_target(std::shared_ptr<Source> target);
    void force(std::optional<Acceptable> format);

    [[nodiscard]] std::vector<Acceptable> accepts() const override;
    void on_format(const Format& format) override;
    void on_detached() override;
    void on_packet(const rtp::PacketPtr& packet) override;
    void on_frame(const gst::Frame& frame) override;
    void on_switch() override;
    void on_end_of_stream() override;

private:
    std::shared_ptr<Source> target_;
    std::optional<Acceptable> forced_;
    std::optional<Format> format_;
};

}  // namespace rivero::media
