// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/dependency_descriptor.hpp"

#include "codec/bit_reader.hpp"

#include <algorithm>
#include <utility>

namespace rivero::codec {
namespace {

using Frame = DependencyStructure::Frame;
constexpr std::size_t kMaxSpatial = 4;
constexpr std::size_t kMaxTemporal = 8;
constexpr std::size_t kMandatory = 3;  ///< bytes

//      0                   1                   2
//      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//     |S|E| template  |         frame number          |  S, E: first and last packet of the frame
//     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//     |T|A|D|F|C|  then, each if its flag is set: structure, active targets, indications,
//     +-+-+-+-+-+  references, chains
struct Head {
    bool starts_frame = false, ends_frame = false;
    std::uint8_t template_id = 0;
    std::uint16_t frame_number = 0;
    bool structure = false, active = false, indications = false, references = false, chains = false;
};

Head read_head(BitReader& in, std::size_t size) {
    Head head;
    head.starts_frame = in.flag();
    head.ends_frame = in.flag();
    head.template_id = static_cast<std::uint8_t>(in.u(6));
    head.frame_number = static_cast<std::uint16_t>(in.u(16));
    if (size > kMandatory) {
        head.structure = in.flag();
        head.active = in.flag();
        head.indications = in.flag();
        head.references = in.flag();
        head.chains = in.flag();
    }
    return head;
}

bool add_reference(Frame& frame, std::uint32_t distance) {
    if (frame.reference_count == frame.references.size()) return false;
    frame.references[frame.reference_count++] = static_cast<std::uint16_t>(distance);
    return true;
}

std::uint64_t read_indications(BitReader& in, std::size_t targets) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < targets; ++i) all |= std::uint64_t{in.u(2)} << 2 * i;
    return all;
}

bool read_layers(BitReader& in, DependencyStructure& structure) {
    enum Next { kSame, kNextTemporal, kNextSpatial, kEnd };
    Frame frame;
    while (structure.templates.size() < DependencyStructure::kMaxTemplates) {
        structure.templates.push_back(frame);
        switch (in.u(2)) {
            case kSame:
                break;
            case kNextTemporal:
                if (++frame.temporal == kMaxTemporal) return false;
                break;
            case kNextSpatial:
                frame.temporal = 0;
                if (++frame.spatial == kMaxSpatial) return false;
                break;
            default:
                return true;
        }
        if (!in.ok()) return false;
    }
    return false;
}

void read_chains(BitReader& in, DependencyStructure& structure, std::size_t targets) {
    structure.chain_count = in.ns(static_cast<std::uint32_t>(targets) + 1);
    if (structure.chain_count == 0) return;
    for (std::size_t i = 0; i < targets; ++i)
        structure.chain_of_target[i] =
            static_cast<std::uint8_t>(in.ns(static_cast<std::uint32_t>(structure.chain_count)));
    for (auto& frame : structure.templates)
        for (std::size_t i = 0; i < structure.chain_count; ++i)
            frame.chain_distances[i] = static_cast<std::uint8_t>(in.u(4));
}

/// A.8.2, decode_target_layers: the layers of a target are those of the frames in it.
rtp::DecodeTargets targets_of(const DependencyStructure& structure, std::size_t count) {
    auto has = [](const Frame& frame, std::size_t target) {
        return (frame.indications >> 2 * target & 3) != 0;
    };
    rtp::DecodeTargets all;
    all.targets.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto& target = all.targets[i];
        for (auto& frame : structure.templates) {
            if (!has(frame, i)) continue;
            target.spatial = std::max(target.spatial, frame.spatial);
            target.temporal = std::max(target.temporal, frame.temporal);
        }
        if (structure.chain_count > 0) target.chain = structure.chain_of_target[i];
        for (std::size_t other = 0; other < count; ++other)
            if (std::all_of(structure.templates.begin(), structure.templates.end(),
                            [&](auto& frame) { return !has(frame, other) || has(frame, i); }))
                target.includes |= 1U << other;
    }
    return all;
}

std::shared_ptr<const DependencyStructure> read_structure(BitReader& in,
                                                          const DependencyStructure* known) {
    auto structure = std::make_shared<DependencyStructure>();
    structure->template_id_offset = static_cast<std::uint8_t>(in.u(6));
    const std::size_t targets = in.u(5) + 1;
    if (!read_layers(in, *structure)) return nullptr;
    for (auto& frame : structure->templates) frame.indications = read_indications(in, targets);
    for (auto& frame : structure->templates)
        while (in.flag())
            if (!add_reference(frame, in.u(4) + 1)) return nullptr;
    read_chains(in, *structure, targets);
    if (in.flag()) {
        for (int i = structure->templates.back().spatial; i >= 0; --i) {
            const std::uint32_t width = in.u(16) + 1, height = in.u(16) + 1;
            structure->resolutions.push_back({width, height});
        }
    }
    if (!in.ok()) return nullptr;
    auto all = targets_of(*structure, targets);
    for (std::size_t i = 0; i < std::min(structure->resolutions.size(), all.sizes.size()); ++i)
        all.sizes[i] = area(structure->resolutions[i].width, structure->resolutions[i].height);
    // Each key frame says the same once more.
    structure->targets =
        known && *known->targets == all ? known->targets : rtp::SharedTargets{std::move(all)};
    return structure;
}

bool read_frame(BitReader& in, const Head& head, const DependencyStructure& structure,
                Frame& frame) {
    if (head.indications)
        frame.indications = read_indications(in, structure.targets->targets.size());
    if (head.references) {
        frame.reference_count = 0;
        while (const int nibbles = static_cast<int>(in.u(2)))
            if (!add_reference(frame, in.u(4 * nibbles) + 1)) return false;
    }
    if (head.chains)
        for (std::size_t i = 0; i < structure.chain_count; ++i)
            frame.chain_distances[i] = static_cast<std::uint8_t>(in.u(8));
    return in.ok();
}

/// Appends bits to zeroed bytes.
class BitWriter {
public:
    explicit BitWriter(MutableBytes to) : to_{to} {}
    void u(std::uint32_t value, std::size_t bits) {
        for (; bits > 0; --bits, ++at_)
            if (value >> (bits - 1) & 1) to_[at_ / 8] |= static_cast<std::uint8_t>(0x80 >> at_ % 8);
    }
    /// Bits [from, to) of `source`.
    void copy(Bytes source, std::size_t from, std::size_t to) {
        for (; from < to; ++from) u(source[from / 8] >> (7 - from % 8) & 1U, 1);
    }
    void references(std::span<const std::uint16_t> distances) {
        for (const std::uint16_t distance : distances) {
            const std::uint32_t value = distance - 1U;
            const std::size_t nibbles = value < 0x10 ? 1 : value < 0x100 ? 2 : 3;
            u(static_cast<std::uint32_t>(nibbles), 2);
            u(value, 4 * nibbles);
        }
        u(0, 2);
    }
    [[nodiscard]] std::size_t bytes() const { return (at_ + 7) / 8; }

private:
    MutableBytes to_;
    std::size_t at_ = 0;
};

}  // namespace

std::optional<DependencyDescriptor> parse_dependency_descriptor(Bytes extension,
                                                                const DependencyStructure* known) {
    BitReader in{extension};
    const Head head = read_head(in, extension.size());
    DependencyDescriptor descriptor;
    descriptor.starts_frame = head.starts_frame;
    descriptor.ends_frame = head.ends_frame;
    descriptor.frame_number = head.frame_number;
    if (head.structure) {
        descriptor.structure = read_structure(in, known);
        if (!descriptor.structure) return std::nullopt;
        known = descriptor.structure.get();
    }
    if (!known) return std::nullopt;
    const std::size_t targets = known->targets->targets.size();
    if (head.structure) descriptor.active = static_cast<std::uint32_t>((1ULL << targets) - 1);
    if (head.active) descriptor.active = in.u(static_cast<int>(targets));
    const std::size_t index = (head.template_id - known->template_id_offset) & 0x3fU;
    if (index >= known->templates.size()) return std::nullopt;
    descriptor.frame = known->templates[index];
    if (!read_frame(in, head, *known, descriptor.frame)) return std::nullopt;
    return descriptor;
}

std::optional<std::uint16_t> frame_number_of(Bytes descriptor) {
    if (descriptor.size() < kMandatory) return std::nullopt;
    return static_cast<std::uint16_t>(descriptor[1] << 8 | descriptor[2]);
}

std::optional<DependencyDescriptor> DependencyReader::read(Bytes extension) {
    auto descriptor = parse_dependency_descriptor(extension, structure_.get());
    if (!descriptor || !descriptor->structure) return descriptor;
    const auto ahead = static_cast<std::uint16_t>(descriptor->frame_number - structure_from_);
    if (structure_ && ahead >= 0x8000) return std::nullopt;
    structure_ = descriptor->structure;
    structure_from_ = descriptor->frame_number;
    if (descriptor->frame.reference_count == 0) key_ = descriptor->frame_number;
    return descriptor;
}

void DependencyReader::inspect(Bytes extension, rtp::Packet& packet) {
    const auto descriptor = read(extension);
    if (!descriptor || structure_->targets->targets.size() < 2) return;
    packet.layered = true;
    packet.spatial_id = descriptor->frame.spatial;
    packet.temporal_id = descriptor->frame.temporal;
    packet.ends_layer_frame = descriptor->ends_frame;
    auto& dependencies = packet.dependencies;
    dependencies.targets = structure_->targets;
    dependencies.frame_number = descriptor->frame_number;
    dependencies.indications = descriptor->frame.indications;
    dependencies.begins_structure = descriptor->structure != nullptr;
    dependencies.active = descriptor->active;
    dependencies.references = descriptor->frame.references;
    dependencies.reference_count = descriptor->frame.reference_count;
    dependencies.chain_distances = descriptor->frame.chain_distances;
    mend_references(dependencies);
}

/// A key frame fills all places of a decoder, but Chromium 156 does not count it among what was
/// written to those that it had no use for itself: the next frame that reads one of them is said to
/// refer to what was there before.
void DependencyReader::mend_references(rtp::FrameDependencies& dependencies) const {
    dependencies.references_mended = false;
    if (!key_) return;
    const auto since = static_cast<std::uint16_t>(dependencies.frame_number - *key_);
    if (since == 0 || since >= 0x8000) return;
    const auto first = dependencies.references.begin();
    const auto last = first + dependencies.reference_count;
    if (std::all_of(first, last, [&](std::uint16_t distance) { return distance <= since; })) return;
    const auto kept =
        std::remove_if(first, last, [&](std::uint16_t distance) { return distance >= since; });
    *kept = since;
    dependencies.reference_count = static_cast<std::uint8_t>(kept + 1 - first);
    dependencies.references_mended = true;
}

std::size_t rewrite_dependency_descriptor(Bytes descriptor, std::uint16_t frame_number,
                                          const DescriptorChanges& changes,
                                          std::size_t target_count, MutableBytes to) {
    if (descriptor.size() < kMandatory || to.size() < descriptor.size() + kMaxDescriptorGrowth)
        return 0;
    std::size_t size = descriptor.size();
    if (!changes.active && !changes.references) {
        std::copy(descriptor.begin(), descriptor.end(), to.begin());
    } else {
        BitReader in{descriptor};
        const Head head = read_head(in, descriptor.size());
        if (head.structure && !read_structure(in, nullptr)) return 0;
        const std::size_t active = in.position();
        if (head.active) in.skip(static_cast<int>(target_count));
        const std::size_t indications = in.position();
        if (head.indications) in.skip(static_cast<int>(2 * target_count));
        const std::size_t references = in.position();
        if (head.references)
            while (const int nibbles = static_cast<int>(in.u(2))) in.skip(4 * nibbles);
        if (!in.ok()) return 0;
        const std::size_t rest = in.position();

        std::fill(to.begin(), to.end(), std::uint8_t{0});
        BitWriter out{to};
        out.copy(descriptor, 0, 8 * kMandatory);
        out.u(head.structure, 1);
        out.u(head.active || changes.active, 1);
        out.u(head.indications, 1);
        out.u(head.references || changes.references, 1);
        out.u(head.chains, 1);
        if (head.structure) out.copy(descriptor, 8 * kMandatory + 5, active);
        if (changes.active)
            out.u(*changes.active, target_count);
        else
            out.copy(descriptor, active, indications);
        out.copy(descriptor, indications, references);
        if (changes.references)
            out.references(*changes.references);
        else
            out.copy(descriptor, references, rest);
        // With the padding behind it, if there is some: its bits are zero.
        out.copy(descriptor, rest, 8 * descriptor.size());
        size = out.bytes();
    }
    to[1] = static_cast<std::uint8_t>(frame_number >> 8);
    to[2] = static_cast<std::uint8_t>(frame_number);
    return size;
}

Bytes rewrite_dependency_descriptor(const rtp::Packet& packet, std::uint16_t frame_number,
                                    const FrameNote& note, MutableBytes room) {
    const Bytes descriptor = packet.passed(rtp::ExtensionKind::dependency_descriptor);
    if (descriptor.empty()) return {};
    const bool starts_frame = descriptor[0] & 0x80;
    const auto& dependencies = packet.dependencies;
    DescriptorChanges changes;
    auto references = dependencies.references;
    std::size_t count = dependencies.reference_count;
    if (dependencies.targets) {
        if (starts_frame) changes.active = note.active;
        if (note.needs != 0 && count < references.size()) references[count++] = note.needs;
        if (count != dependencies.reference_count || dependencies.references_mended)
            changes.references = std::span{references}.first(count);
    }
    const std::size_t size = rewrite_dependency_descriptor(
        descriptor, frame_number, changes,
        dependencies.targets ? dependencies.targets->targets.size() : 0, room);
    return room.first(size);
}

}  // namespace rivero::codec
