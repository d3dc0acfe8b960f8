// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/rtp/packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rivero::codec {

/// What all frames of a coded video sequence have in common: the templates that descriptors name,
/// and what can be received by itself. RTP payload format for AV1, appendix A.8.2
/// (template_dependency_structure).
struct DependencyStructure {
    static constexpr std::size_t kMaxTemplates = 64;
    /// What a frame is, but for its number.
    struct Frame {
        std::uint8_t spatial = 0;
        std::uint8_t temporal = 0;
        std::uint64_t indications = 0;  ///< two bits for each decode target
        /// How many frames back those are that it refers to.
        std::array<std::uint16_t, rtp::FrameDependencies::kMaxReferences> references{};
        std::uint8_t reference_count = 0;
        /// How far back the frame before is, in each chain; 0: the chain begins here.
        std::array<std::uint8_t, rtp::DecodeTargets::kMax> chain_distances{};
    };
    struct Resolution {
        std::uint32_t width = 0;
        std::uint32_t height = 0;
    };
    std::uint8_t template_id_offset = 0;
    std::size_t chain_count = 0;
    std::array<std::uint8_t, rtp::DecodeTargets::kMax> chain_of_target{};
    std::vector<Frame> templates;         ///< 1 to kMaxTemplates
    std::vector<Resolution> resolutions;  ///< by spatial layer; empty when it does not say
    rtp::SharedTargets targets;
};

/// One dependency descriptor: the header extension that says which layer a frame is of, what it
/// refers to and whose it is. Appendix A.8.
struct DependencyDescriptor {
    bool starts_frame = false;
    bool ends_frame = false;
    std::uint16_t frame_number = 0;
    std::shared_ptr<const DependencyStructure> structure;  ///< when it brings one
    std::optional<std::uint32_t> active;                   ///< a bit for each target
    DependencyStructure::Frame frame;
};

/// @param known of the stream so far; may be null
/// @return nothing when it is malformed, refers to a structure that is not known, or to more frames
///         than a decoder keeps. Never throws; allocates only for a structure
[[nodiscard]] std::optional<DependencyDescriptor> parse_dependency_descriptor(
    Bytes extension, const DependencyStructure* known);

/// The number of the frame, which needs no structure.
/// @return nothing when the extension is too short for a descriptor
[[nodiscard]] std::optional<std::uint16_t> frame_number_of(Bytes descriptor);

/// Reads the descriptors of one RTP stream, which may come out of order.
class DependencyReader {
public:
    /// @return nothing as well for a structure that comes when a newer one holds already
    [[nodiscard]] std::optional<DependencyDescriptor> read(Bytes extension);
    /// Notes in a packet what its descriptor says of layers: nothing when there is only one, or
    /// when it cannot be read.
    void inspect(Bytes extension, rtp::Packet& packet);

private:
    void mend_references(rtp::FrameDependencies& dependencies) const;

    std::shared_ptr<const DependencyStructure> structure_;
    std::uint16_t structure_from_ = 0;  ///< number of the frame that brought it
    std::optional<std::uint16_t> key_;  ///< number of the newest key frame
};

/// Numbers the frames for one receiver: they go on where the source or the encoding changes. Within
/// one they keep their distances, by which descriptors name references, so that what is left out
/// leaves gaps.
class FrameNumbers {
public:
    /// The next frame is of another encoding or source.
    void switch_source() { in_source_ = false; }
    /// The number of a frame that is sent.
    [[nodiscard]] std::uint16_t forward(std::uint16_t number) {
        // A jump is a sender that has begun anew, though the encoding is the same.
        const auto ahead = static_cast<std::int16_t>(find(number) - last_);
        if (!in_source_ || ahead < -kMaxLate || ahead > kMaxGap) {
            in_source_ = true;
            offset_ = static_cast<std::uint16_t>(last_ + 1 - number);
        }
        const auto out = find(number);
        if (static_cast<std::int16_t>(out - last_) > 0) last_ = out;
        return out;
    }
    /// The number of a frame that is sent again.
    [[nodiscard]] std::uint16_t find(std::uint16_t number) const {
        return static_cast<std::uint16_t>(number + offset_);
    }

private:
    static constexpr int kMaxLate = 512, kMaxGap = 4096;
    bool in_source_ = false;
    std::uint16_t offset_ = 0;
    std::uint16_t last_ = 0xffff;  ///< highest that was sent
};

/// What a descriptor shall say to one receiver instead of what it says.
struct DescriptorChanges {
    /// The decode targets that are sent to it from here on, a bit each.
    std::optional<std::uint32_t> active = {};
    /// All that the frame refers to; must live as long as this.
    std::optional<std::span<const std::uint16_t>> references = {};
};

/// A descriptor as one receiver shall see it.
/// @param frame_number that it has for the receiver
/// @param target_count of the structure that it brings or refers to; only for changes
/// @param to room for descriptor.size() + kMaxDescriptorGrowth bytes
/// @return how much was written; 0 when the descriptor cannot be read
[[nodiscard]] std::size_t rewrite_dependency_descriptor(Bytes descriptor,
                                                        std::uint16_t frame_number,
                                                        const DescriptorChanges& changes,
                                                        std::size_t target_count, MutableBytes to);
/// Five flags, 32 targets, 8 references of 14 bits and their end: 151 bits.
inline constexpr std::size_t kMaxDescriptorGrowth = 19;

/// What one receiver has to be told of a frame beyond what its sender says: see TargetFilter.
struct FrameNote {
    std::optional<std::uint32_t> active = {};  ///< see DescriptorChanges
    /// One more frame that it refers to, so many frames back; 0: none.
    std::uint16_t needs = 0;
};

/// The same for the descriptor of a packet. Targets are told where a frame begins.
/// @param room 255 + kMaxDescriptorGrowth bytes
/// @return in `room`; empty when it cannot be done
[[nodiscard]] Bytes rewrite_dependency_descriptor(const rtp::Packet& packet,
                                                  std::uint16_t frame_number, const FrameNote& note,
                                                  MutableBytes room);

}  // namespace rivero::codec
