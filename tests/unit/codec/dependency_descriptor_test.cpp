// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/dependency_descriptor.hpp"

#include "samples.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace rivero::codec {
namespace {

// Sent by Chromium 156 (libaom), 1280 x 720, in the scalability modes of their names. The readings
// are those of a second reader, written after the syntax of appendix A.8.2.
constexpr std::string_view kL3T3 =
    "c10001c0081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d95"
    "4926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b302"
    "7f016704ff02cf1f80";
constexpr std::string_view kL3T3Key =
    "c00001c0081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d5"
    "49241b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff"
    "02cf1f80";
constexpr std::string_view kL1T3 = "800001800214eaa860414d1410208427013f00b3";
constexpr std::string_view kL1T1 = "c0000180003a4101809f805980";

std::string letters(std::uint64_t indications, std::size_t targets) {
    std::string text;
    for (std::size_t i = 0; i < targets; ++i) text += "-DSR"[indications >> 2 * i & 3];
    return text;
}

struct Case {
    std::string_view name, structure, descriptor;
    bool starts, ends;
    unsigned number, spatial, temporal;
    std::string_view indications;
    std::vector<unsigned> references, chains;
    std::optional<std::uint32_t> active;
};

struct ReadsDescriptors : testing::TestWithParam<Case> {};

TEST_P(ReadsDescriptors, OfABrowser) {
    const Case& c = GetParam();
    DependencyReader reader;
    ASSERT_TRUE(reader.read(hex(c.structure)));
    const auto d = reader.read(hex(c.descriptor));
    ASSERT_TRUE(d);
    EXPECT_EQ(d->starts_frame, c.starts);
    EXPECT_EQ(d->ends_frame, c.ends);
    EXPECT_EQ(d->frame_number, c.number);
    EXPECT_EQ(d->frame.spatial, c.spatial);
    EXPECT_EQ(d->frame.temporal, c.temporal);
    EXPECT_EQ(letters(d->frame.indications, c.indications.size()), c.indications);
    EXPECT_EQ(std::vector<unsigned>(d->frame.references.begin(),
                                    d->frame.references.begin() + d->frame.reference_count),
              c.references);
    EXPECT_EQ(std::vector<unsigned>(
                  d->frame.chain_distances.begin(),
                  d->frame.chain_distances.begin() + static_cast<std::ptrdiff_t>(c.chains.size())),
              c.chains);
    EXPECT_EQ(d->active, c.active);
}

INSTANTIATE_TEST_SUITE_P(
    Chromium, ReadsDescriptors,
    testing::Values(
        Case{"KeyFrameWithStructure",
             kL3T3,
             kL3T3,
             true,
             true,
             1,
             0,
             0,
             "SSSSSSSSS",
             {},
             {0, 0, 0},
             0x3f},
        Case{"KeyFrameOfTheSecondLayer",
             kL3T3,
             "c60002",
             true,
             true,
             2,
             1,
             0,
             "---SSSSSS",
             {1},
             {1, 1, 1},
             {}},
        Case{"AllTargetsBecomeActive",
             kL3T3,
             "c300055ffd10080404",
             true,
             true,
             5,
             0,
             2,
             "--D--R--R",
             {2},
             {2, 1, 1},
             0x1ff},
        Case{"TheUppermostIsSwitchedOff",
             kL3T3,
             "c2000758fd30100c00",
             true,
             true,
             7,
             0,
             1,
             "-DS-RR-RR",
             {4},
             {4, 3, 0},
             0x3f},
        Case{"FirstPacketOfAFrame",
             kL3T3,
             "85000c12e800",
             true,
             false,
             12,
             1,
             0,
             "---SSSRRR",
             {8, 1},
             {1, 1, 1},
             {}},
        Case{"OnlyItsOwnLayer",
             kL3T3Key,
             "c300031a20100800",
             true,
             true,
             3,
             0,
             2,
             "--D------",
             {2},
             {2, 1, 0},
             {}},
        Case{"SecondPacketOfAKeyFrame", kL1T3, "400001", false, true, 1, 0, 0, "SSS", {}, {0}, {}},
        Case{"MiddleTemporalLayer", kL1T3, "c20004", true, true, 4, 0, 1, "-DS", {2}, {2}, {}},
        Case{"OneLayer", kL1T1, "c10003", true, true, 3, 0, 0, "S", {1}, {1}, {}}),
    [](auto& each) { return std::string{each.param.name}; });

TEST(DependencyStructure, TellsTheTargetsAndWhichOfThemContainOthers) {
    DependencyReader reader;
    const auto descriptor = reader.read(hex(kL3T3));
    ASSERT_TRUE(descriptor && descriptor->structure);
    const auto& targets = descriptor->structure->targets->targets;
    ASSERT_EQ(targets.size(), 9u);
    EXPECT_EQ(targets[0], (rtp::DecodeTargets::Target{0, 0, 0b000000001, 0}));
    EXPECT_EQ(targets[2], (rtp::DecodeTargets::Target{0, 2, 0b000000111, 0}));
    EXPECT_EQ(targets[4], (rtp::DecodeTargets::Target{1, 1, 0b000011011, 1}));
    EXPECT_EQ(targets[8], (rtp::DecodeTargets::Target{2, 2, 0b111111111, 2}));
    EXPECT_EQ(descriptor->structure->chain_count, 3u);
}

TEST(DependencyStructure, TargetsOfIndependentLayersContainOnlyTheirOwn) {
    DependencyReader reader;
    const auto descriptor = reader.read(hex(kL3T3Key));
    ASSERT_TRUE(descriptor && descriptor->structure);
    const auto& targets = descriptor->structure->targets->targets;
    EXPECT_EQ(targets[8], (rtp::DecodeTargets::Target{2, 2, 0b111000000, 2}));
    EXPECT_EQ(targets[3], (rtp::DecodeTargets::Target{1, 0, 0b000001000, 1}));
    ASSERT_EQ(descriptor->structure->resolutions.size(), 3u);
    EXPECT_EQ(descriptor->structure->resolutions[2].width, 1280u);
    EXPECT_EQ(descriptor->structure->resolutions[2].height, 720u);
    EXPECT_EQ(descriptor->structure->targets->sizes,
              (rtp::LayerSizes{area(320, 180), area(640, 360), area(1280, 720)}));
}

TEST(DependencyReader, KnowsNothingWithoutAStructureAndKeepsTheNewest) {
    DependencyReader reader;
    EXPECT_FALSE(reader.read(hex("c60002")));
    ASSERT_TRUE(reader.read(hex(kL3T3Key)));
    auto newer = hex(kL3T3);
    newer[2] = 0x10;
    ASSERT_TRUE(reader.read(newer));
    EXPECT_FALSE(reader.read(hex(kL3T3Key))) << "late";
    const auto descriptor = reader.read(hex("85000c12e800"));
    ASSERT_TRUE(descriptor);
    EXPECT_EQ(letters(descriptor->frame.indications, 9), "---SSSRRR");
}

TEST(DependencyReader, RefusesWhatIsCutOrOutOfRange) {
    for (std::string_view whole : {kL3T3, kL3T3Key, kL1T3, kL1T1}) {
        const auto bytes = hex(whole);
        for (std::size_t size = 0; size + 1 < bytes.size(); ++size)
            EXPECT_FALSE(parse_dependency_descriptor(Bytes{bytes}.first(size), nullptr)) << size;
    }
    DependencyReader reader;
    ASSERT_TRUE(reader.read(hex(kL1T3)));
    EXPECT_FALSE(reader.read(hex("c50007"))) << "there are five templates";
    EXPECT_FALSE(reader.read(hex("ff0007")));
    EXPECT_FALSE(reader.read(hex("c1")));
    EXPECT_FALSE(reader.read(hex("c100071208208208208200"))) << "nine references";
}

TEST(DependencyDescriptor, NumbersAreRewrittenInPlace) {
    std::array<std::uint8_t, 300> room{};
    const auto original = hex("85000c12e800");
    const auto size = rewrite_dependency_descriptor(original, 0xabcd, {}, 9, room);
    EXPECT_EQ(ByteVector(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size)),
              hex("85abcd12e800"));
    EXPECT_EQ(rewrite_dependency_descriptor(hex("8500"), 1, {}, 9, room), 0u);
}

/// Whatever form a descriptor has, it says the same as before but for number and targets.
TEST(DependencyDescriptor, TargetsAreWrittenIntoIt) {
    for (const auto& [structure, descriptor, targets] :
         {std::tuple{kL3T3, kL3T3, 9u}, std::tuple{kL3T3Key, kL3T3Key, 9u},
          std::tuple{kL1T3, kL1T3, 3u}, std::tuple{kL3T3, std::string_view{"c60002"}, 9u},
          std::tuple{kL3T3, std::string_view{"85000c12e800"}, 9u},
          std::tuple{kL3T3, std::string_view{"c300055ffd10080404"}, 9u},
          std::tuple{kL1T3, std::string_view{"c20004"}, 3u}}) {
        SCOPED_TRACE(descriptor);
        std::array<std::uint8_t, 300> room;
        room.fill(0xff);
        const auto size = rewrite_dependency_descriptor(hex(descriptor), 0x1234, {.active = 0b101},
                                                        targets, room);
        ASSERT_GT(size, 0u);
        EXPECT_LE(size, hex(descriptor).size() + kMaxDescriptorGrowth);
        DependencyReader before, after;
        ASSERT_TRUE(before.read(hex(structure)) && after.read(hex(structure)));
        auto was = before.read(hex(descriptor));
        const auto is = after.read(Bytes{room}.first(size));
        ASSERT_TRUE(was && is);
        EXPECT_EQ(is->frame_number, 0x1234);
        EXPECT_EQ(is->active, 0b101u);
        EXPECT_EQ(is->starts_frame, was->starts_frame);
        EXPECT_EQ(is->ends_frame, was->ends_frame);
        EXPECT_EQ(is->frame.spatial, was->frame.spatial);
        EXPECT_EQ(is->frame.indications, was->frame.indications);
        EXPECT_EQ(is->frame.references, was->frame.references);
        EXPECT_EQ(is->frame.chain_distances, was->frame.chain_distances);
        EXPECT_EQ(is->structure != nullptr, was->structure != nullptr);
    }
}

TEST(DependencyDescriptor, ReferencesAreWrittenIntoIt) {
    const std::array<std::uint16_t, 8> references{1, 16, 17, 256, 257, 4096, 7, 2};
    for (const auto& [structure, descriptor, targets] :
         {std::tuple{kL3T3, std::string_view{"c60002"}, 9u},
          std::tuple{kL3T3, std::string_view{"85000c12e800"}, 9u},
          std::tuple{kL3T3, std::string_view{"c300055ffd10080404"}, 9u},
          std::tuple{kL1T3, std::string_view{"c20004"}, 3u}}) {
        SCOPED_TRACE(descriptor);
        std::array<std::uint8_t, 300> room;
        const auto size = rewrite_dependency_descriptor(hex(descriptor), 0x1234,
                                                        {.references = references}, targets, room);
        EXPECT_LE(size, hex(descriptor).size() + kMaxDescriptorGrowth);
        DependencyReader before, after;
        ASSERT_TRUE(before.read(hex(structure)) && after.read(hex(structure)));
        const auto was = before.read(hex(descriptor));
        const auto is = after.read(Bytes{room}.first(size));
        ASSERT_TRUE(was && is);
        EXPECT_EQ(is->frame.reference_count, 8);
        EXPECT_EQ(is->frame.references, references);
        EXPECT_EQ(is->active, was->active);
        EXPECT_EQ(is->frame.indications, was->frame.indications);
        EXPECT_EQ(is->frame.chain_distances, was->frame.chain_distances);
    }
}

TEST(DependencyReader, AReferenceToBeforeAKeyFrameIsOneToTheKeyFrame) {
    rtp::PacketPool pool;
    DependencyReader reader;
    auto key = hex(kL3T3);
    key[2] = 0x22;
    auto packet = pool.make();
    reader.inspect(key, *packet);
    EXPECT_FALSE(packet->dependencies.references_mended);
    const auto delta = hex("cd00251ae800604020");  // 8 frames back, and 1
    std::copy(delta.begin(), delta.end(), packet->storage().begin());
    packet->add_passed(rtp::ExtensionKind::dependency_descriptor, 0,
                       static_cast<std::uint8_t>(delta.size()));
    reader.inspect(delta, *packet);
    const auto& mended = packet->dependencies;
    EXPECT_TRUE(mended.references_mended);
    ASSERT_EQ(mended.reference_count, 2);
    EXPECT_EQ(mended.references[0], 1);
    EXPECT_EQ(mended.references[1], 3);
    std::array<std::uint8_t, 300> room;
    const auto written =
        reader.read(rewrite_dependency_descriptor(*packet, 0x25, {.needs = 2}, room));
    ASSERT_TRUE(written);
    EXPECT_EQ(written->frame.reference_count, 3);
    EXPECT_EQ(written->frame.references[1], 3);
    EXPECT_EQ(written->frame.references[2], 2);
}

TEST(FrameNumbers, GoOnAcrossSourcesAndKeepGaps) {
    FrameNumbers numbers;
    EXPECT_EQ(numbers.forward(500), 0);
    EXPECT_EQ(numbers.forward(503), 3);
    EXPECT_EQ(numbers.forward(502), 2) << "late";
    numbers.switch_source();
    EXPECT_EQ(numbers.forward(0xffff), 4);
    EXPECT_EQ(numbers.forward(1), 6);
    EXPECT_EQ(numbers.find(0xffff), 4);
    EXPECT_EQ(numbers.forward(30000), 7) << "it has begun anew";
}

}  // namespace
}  // namespace rivero::codec
