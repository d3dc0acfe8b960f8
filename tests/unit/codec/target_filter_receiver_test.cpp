// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What is left of a browser's layers, in the eyes of a browser that receives it.
#include "codec/dependency_descriptor.hpp"
#include "codec/target_filter.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace rivero::codec {
namespace {

struct SentFrame {
    std::uint32_t timestamp = 0;
    std::size_t bytes = 0;
    bool marker = false;
    ByteVector descriptor;
};

std::vector<SentFrame> load_descriptors(const std::string& name) {
    std::ifstream file{RIVERO_TEST_DATA "/codec/" + name};
    std::vector<SentFrame> frames;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream in{line};
        SentFrame frame;
        std::string marker, descriptor;
        in >> frame.timestamp >> frame.bytes >> marker >> descriptor;
        frame.marker = marker == "m";
        frame.descriptor = hex(descriptor);
        frames.push_back(std::move(frame));
    }
    return frames;
}

/// Decodes whole pictures all of whose references it has decoded, as libwebrtc's FrameBuffer does:
/// when it is late, the last one that it can, and then none of those before.
class Receiver {
public:
    /// @param late that many pictures have come before it looks
    explicit Receiver(std::size_t late) : late_{late} {}

    void on_frame(std::uint32_t timestamp, Bytes descriptor, bool marker) {
        const auto read = reader_.read(descriptor);
        ASSERT_TRUE(read);
        if (waiting_.empty() || waiting_.back().timestamp != timestamp)
            waiting_.push_back({timestamp, {}, {}, false});
        Picture& picture = waiting_.back();
        picture.frames.insert(read->frame_number);
        for (std::size_t i = 0; i < read->frame.reference_count; ++i)
            picture.references.insert(
                static_cast<std::uint16_t>(read->frame_number - read->frame.references[i]));
        picture.whole = marker && read->ends_frame;
        if (!picture.whole) return;
        ++whole;
        ++since_decoded_;
        if (++looked_ < late_) return;
        looked_ = 0;
        decode();
    }

    std::size_t whole = 0, decoded = 0;
    std::size_t longest_break = 0;  ///< in pictures

private:
    struct Picture {
        std::uint32_t timestamp;
        std::set<std::uint16_t> frames, references;
        bool whole;
    };
    void decode() {
        for (auto picture = waiting_.rbegin(); picture != waiting_.rend(); ++picture) {
            const bool can =
                picture->whole && std::all_of(picture->references.begin(),
                                              picture->references.end(), [&](auto number) {
                                                  return has_.contains(number) ||
                                                         picture->frames.contains(number);
                                              });
            if (!can) continue;
            has_.insert(picture->frames.begin(), picture->frames.end());
            waiting_.erase(waiting_.begin(), picture.base());
            ++decoded;
            longest_break = std::max(longest_break, since_decoded_);
            since_decoded_ = 0;
            return;
        }
        longest_break = std::max(longest_break, since_decoded_);
    }

    std::size_t late_, looked_ = 0, since_decoded_ = 0;
    DependencyReader reader_;
    std::vector<Picture> waiting_;
    std::set<std::uint16_t> has_;
};

/// The way through the server.
class Sender {
public:
    explicit Sender(Receiver& receiver) : receiver_{receiver} {}
    TargetFilter filter;
    std::set<unsigned> heights;  ///< spatial layers that pictures ended with
    bool wished = false;

    void push(const SentFrame& frame) {
        auto packet = pool_.make();
        std::copy(frame.descriptor.begin(), frame.descriptor.end(), packet->storage().begin());
        packet->add_passed(rtp::ExtensionKind::dependency_descriptor, 0,
                           static_cast<std::uint8_t>(frame.descriptor.size()));
        packet->set_payload(0, std::min<std::size_t>(frame.bytes / kScale, rtp::Packet::kCapacity));
        packet->timestamp = RtpTimestamp{frame.timestamp};
        packet->marker = frame.marker;
        reader_.inspect(frame.descriptor, *packet);
        ASSERT_TRUE(packet->layered);
        const Time now = Time{100s} + std::chrono::microseconds{frame.timestamp * 100 / 9};
        const auto verdict = filter.on_packet(now, *packet);
        if (const auto end = filter.take_end(); end && held_) {
            send(*held_, *end);
            held_.reset();
        }
        wished |= filter.take_keyframe_wish();
        if (verdict == TargetFilter::Verdict::withhold) return;
        if (verdict == TargetFilter::Verdict::send_when_known)
            held_ = packet;
        else
            send(packet, verdict == TargetFilter::Verdict::send_as_last);
    }
    static constexpr std::size_t kScale = 16;  ///< frames are one packet here

private:
    void send(const rtp::PacketPtr& packet, bool marker) {
        std::array<std::uint8_t, 255 + kMaxDescriptorGrowth> room;
        const auto number = numbers_.forward(packet->dependencies.frame_number);
        receiver_.on_frame(
            packet->timestamp.value,
            rewrite_dependency_descriptor(*packet, number, filter.note(*packet), room), marker);
        if (marker) heights.insert(packet->spatial_id);
    }
    Receiver& receiver_;
    rtp::PacketPool pool_;
    DependencyReader reader_;
    FrameNumbers numbers_;
    std::optional<rtp::PacketPtr> held_;
};

Bitrate scaled(std::int64_t kbps) {
    return Bitrate::kbps(kbps / static_cast<std::int64_t>(Sender::kScale));
}

/// Limits in kbit/s that follow each other, 0 for none.
struct Walk : testing::TestWithParam<std::vector<std::int64_t>> {
    void run(Receiver& receiver) {
        const auto frames = load_descriptors("av1-l3t3-descriptors.txt");
        ASSERT_EQ(frames.size(), 400u);
        Sender sender{receiver};
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const std::int64_t limit = GetParam()[i * GetParam().size() / frames.size()];
            sender.filter.set_limit(limit == 0 ? std::nullopt : std::optional{scaled(limit)});
            sender.push(frames[i]);
        }
        EXPECT_GE(sender.heights.size(), std::min<std::size_t>(GetParam().size(), 2));
    }
};

TEST_P(Walk, ReceiverInTimeDecodesEveryPicture) {
    Receiver receiver{1};
    run(receiver);
    EXPECT_GT(receiver.whole, 30u);
    EXPECT_EQ(receiver.decoded, receiver.whole);
}

TEST_P(Walk, ReceiverThatIsLateLosesNoMoreThanWhatItLeavesOut) {
    for (const std::size_t late : {2, 3, 4, 6}) {
        SCOPED_TRACE(late);
        Receiver receiver{late};
        run(receiver);
        // The next picture of the lowest temporal layer can be decoded in any case.
        EXPECT_LE(receiver.longest_break, late + 4);
        EXPECT_GE(receiver.decoded, receiver.whole / late * 9 / 10);
    }
}

INSTANTIATE_TEST_SUITE_P(Chromium, Walk,
                         testing::Values(std::vector<std::int64_t>{0},
                                         std::vector<std::int64_t>{150},
                                         std::vector<std::int64_t>{600},
                                         std::vector<std::int64_t>{0, 150, 0, 600},
                                         std::vector<std::int64_t>{600, 0, 150, 600, 60, 0, 300}));

}  // namespace
}  // namespace rivero::codec
