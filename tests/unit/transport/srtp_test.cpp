// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "hex.hpp"
#include "libsrtp.hpp"
#include "transport/srtp/replay_window.hpp"
#include "transport/srtp/srtp_receiver.hpp"
#include "transport/srtp/srtp_sender.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace rivero::transport {
namespace {

SrtpMasterKey some_master_key() {
    SrtpMasterKey master;
    for (std::size_t i = 0; i < master.key.size(); ++i) {
        master.key[i] = static_cast<std::uint8_t>(3 * i + 1);
    }
    for (std::size_t i = 0; i < master.salt.size(); ++i) {
        master.salt[i] = static_cast<std::uint8_t>(7 * i + 5);
    }
    return master;
}

struct PacketShape {
    std::uint16_t seq = 1;
    std::uint32_t ssrc = 0x01020304;
    std::size_t payload = 100;
    std::size_t extension_words = 0;
    std::uint8_t fill = 0x42;
    std::uint8_t extension_fill = 0xbe;
};
ByteVector rtp(const PacketShape& shape) {
    ByteVector packet(12 + (shape.extension_words ? 4 + 4 * shape.extension_words : 0));
    ByteWriter writer{packet};
    writer.u8(shape.extension_words ? 0x90 : 0x80);
    writer.u8(96);
    writer.u16(shape.seq);
    writer.u32(0x11223344);
    writer.u32(shape.ssrc);
    if (shape.extension_words) {
        writer.u16(0xbede);
        writer.u16(static_cast<std::uint16_t>(shape.extension_words));
        while (writer.size() < packet.size()) writer.u8(shape.extension_fill);
    }
    packet.resize(packet.size() + shape.payload, shape.fill);
    return packet;
}
ByteVector rtcp(std::uint32_t ssrc, std::size_t words) {
    ByteVector packet(8 + 4 * words, 0x5a);
    ByteWriter writer{packet};
    writer.u8(0x80);
    writer.u8(200);
    writer.u16(static_cast<std::uint16_t>(words + 1));
    writer.u32(ssrc);
    return packet;
}

std::optional<ByteVector> protect(SrtpSender& sender, ByteVector packet) {
    const std::size_t size = packet.size();
    packet.resize(size + SrtpSender::kRtpOverhead);
    auto protected_size = sender.protect_rtp(packet, size);
    if (!protected_size) return std::nullopt;
    packet.resize(*protected_size);
    return packet;
}
std::optional<ByteVector> protect_rtcp(SrtpSender& sender, ByteVector packet) {
    const std::size_t size = packet.size();
    packet.resize(size + SrtpSender::kRtcpOverhead);
    auto protected_size = sender.protect_rtcp(packet, size);
    if (!protected_size) return std::nullopt;
    packet.resize(*protected_size);
    return packet;
}
std::optional<ByteVector> unprotect(SrtpReceiver& receiver, ByteVector packet) {
    auto opened = receiver.unprotect_rtp(packet);
    if (!opened) return std::nullopt;
    return ByteVector(opened->begin(), opened->end());
}
std::optional<ByteVector> unprotect_rtcp(SrtpReceiver& receiver, ByteVector packet) {
    auto opened = receiver.unprotect_rtcp(packet);
    if (!opened) return std::nullopt;
    return ByteVector(opened->begin(), opened->end());
}

constexpr Duration kMinIdle = StreamTable<ReplayWindow>::kMinIdle;
/// Time that passes for somebody, told a few times.
template <class Told>
class Silence {
public:
    explicit Silence(Told& told) : told_{told} { lasts({}); }
    void lasts(Duration time) {
        for (const Time end = now_ + time; now_ < end;) {
            now_ += kMinIdle / 4;
            told_.pass_time(now_);
        }
        told_.pass_time(now_);
    }

private:
    Told& told_;
    Time now_{std::chrono::hours{1}};
};

template <class Array>
Array bytes(std::string_view hex) {
    Array array{};
    ByteVector from = from_hex(hex);
    std::copy_n(from.begin(), std::min(from.size(), array.size()), array.begin());
    return array;
}

// RFC 3711 appendix B.2: with label 0 the derivation is the plain key stream.
TEST(SrtpKeyDerivation, MakesTheKeyStreamOfRfc3711) {
    SrtpMasterKey master;
    master.key = bytes<decltype(master.key)>("2B7E151628AED2A6ABF7158809CF4F3C");
    master.salt = bytes<decltype(master.salt)>("F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
    ByteVector stream(48);
    derive_srtp_key(SrtpProfile::aes128_cm_sha1_80, master, 0, stream);
    EXPECT_EQ(to_hex(stream),
              "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
              "41e95b3bb0a2e8dd477901e4fca894c0");
}

// RFC 3711 appendix B.3
TEST(SrtpKeyDerivation, MakesTheSessionKeysOfRfc3711) {
    SrtpMasterKey master;
    master.key = bytes<decltype(master.key)>("E1F97A0D3E018BE0D64FA32C06DE4139");
    master.salt = bytes<decltype(master.salt)>("0EC675AD498AFEEBB6960B3AABE6");
    auto keys = derive_session_keys(SrtpProfile::aes128_cm_sha1_80, SrtpUse::rtp, master);
    EXPECT_EQ(to_hex(Bytes{keys.cipher}.first(16)), "c61e7a93744f39ee10734afe3ff7a087");
    EXPECT_EQ(to_hex(keys.salt), "30cbbc08863d8c85d49db34a9ae1");
    EXPECT_EQ(to_hex(keys.authentication), "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

struct GcmVector {
    const char* name;
    SrtpProfile profile;
    const char* key;
    const char* clear;
    std::size_t header;
    std::uint32_t ssrc;
    std::uint64_t index;
    const char* trailer;
    const char* sealed;  ///< packet and tag
};
class Rfc7714Test : public testing::TestWithParam<GcmVector> {};

TEST_P(Rfc7714Test, SealsAndOpens) {
    const GcmVector& v = GetParam();
    SrtpSessionKeys keys;
    keys.cipher = bytes<decltype(keys.cipher)>(v.key);
    keys.salt = bytes<decltype(keys.salt)>("517569642070726f2071756f");
    SrtpCipher sealer{v.profile, SrtpCipher::Direction::seal, keys};
    SrtpCipher opener{v.profile, SrtpCipher::Direction::open, keys};
    const ByteVector trailer = from_hex(v.trailer);
    const ByteVector clear = from_hex(v.clear);
    ByteVector packet = clear;
    ByteVector tag(16);
    ASSERT_TRUE(sealer.seal(packet, v.header, Ssrc{v.ssrc}, v.index, trailer, tag));
    EXPECT_EQ(to_hex(packet) + to_hex(tag), to_hex(from_hex(v.sealed)));
    ASSERT_TRUE(opener.open(packet, v.header, Ssrc{v.ssrc}, v.index, trailer, tag));
    EXPECT_EQ(packet, clear);
}

constexpr const char* kRfc7714Rtp =
    "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070"
    "61727465 73207472 6573";
constexpr const char* kRfc7714Rtcp =
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef"
    "deadbeef deadbeef deadbeef";
INSTANTIATE_TEST_SUITE_P(
    Rfc7714, Rfc7714Test,
    testing::Values(
        GcmVector{"Section16_1_1", SrtpProfile::aead_aes_128_gcm,
                  "000102030405060708090a0b0c0d0e0f", kRfc7714Rtp, 12, 0x5501a0b2, 0xf17b, "",
                  "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5"
                  "0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce"},
        GcmVector{"Section16_2_1", SrtpProfile::aead_aes_256_gcm,
                  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", kRfc7714Rtp,
                  12, 0x5501a0b2, 0xf17b, "",
                  "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238"
                  "9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13"},
        GcmVector{"Section17_1", SrtpProfile::aead_aes_128_gcm, "000102030405060708090a0b0c0d0e0f",
                  kRfc7714Rtcp, 8, 0x4d617273, 0x5d4, "800005d4",
                  "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d"
                  "c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872"
                  "45d9eade"}),
    [](const auto& row) { return row.param.name; });

class SrtpTest : public testing::TestWithParam<SrtpProfile> {
protected:
    SrtpProfile profile = GetParam();
    SrtpMasterKey master = some_master_key();
    SrtpSender sender{profile, master};
    SrtpReceiver receiver{profile, master};
    LibSrtp their_sender{profile, master, LibSrtp::Direction::send};
    LibSrtp their_receiver{profile, master, LibSrtp::Direction::receive};
};

TEST_P(SrtpTest, SendsWhatLibsrtpSendsAcrossTwoSequenceWraps) {
    std::mt19937 random{1};
    for (std::uint32_t i = 0; i < 140'000; i += 1 + random() % 64) {
        ByteVector packet = rtp({.seq = static_cast<std::uint16_t>(65500 + i),
                                 .payload = random() % 1200,
                                 .extension_words = random() % 4});
        auto ours = protect(sender, packet);
        auto theirs = their_sender.protect_rtp(packet);
        ASSERT_TRUE(ours && theirs);
        ASSERT_EQ(to_hex(*ours), to_hex(*theirs)) << "packet " << i;
        ASSERT_EQ(unprotect(receiver, *theirs), packet);
    }
}

TEST_P(SrtpTest, ReadsItsOwnRtcpAndThatOfLibsrtpBothWays) {
    for (std::uint32_t i = 0; i < 100; ++i) {
        ByteVector packet = rtcp(0xa0b0c0d0, i % 30);
        auto ours = protect_rtcp(sender, packet);
        auto theirs = their_sender.protect_rtcp(packet);
        ASSERT_TRUE(ours && theirs);
        ASSERT_EQ(to_hex(*ours), to_hex(*theirs));
        ASSERT_EQ(unprotect_rtcp(receiver, *theirs), packet);
        ASSERT_EQ(their_receiver.unprotect_rtcp(*ours), packet);
    }
    EXPECT_EQ(receiver.counters().rtcp_packets, 100U);
}

TEST_P(SrtpTest, LibsrtpReadsManyStreamsThatWeSend) {
    for (std::uint16_t seq = 65530; seq != 10; ++seq) {
        for (std::uint32_t ssrc = 1; ssrc <= 20; ++ssrc) {
            ByteVector packet = rtp({.seq = seq, .ssrc = ssrc, .payload = 50 + ssrc});
            auto sealed = protect(sender, packet);
            ASSERT_TRUE(sealed);
            ASSERT_EQ(their_receiver.unprotect_rtp(*sealed), packet);
            ASSERT_EQ(unprotect(receiver, *sealed), packet);
        }
    }
}

TEST_P(SrtpTest, ReordersAroundAWrapAndSendsOldPacketsAgain) {
    // Sent in order; the receivers see them shuffled, ours and theirs.
    std::vector<std::pair<ByteVector, ByteVector>> sent;
    for (std::uint16_t seq = 65400; seq != 200; ++seq) {
        ByteVector packet = rtp({.seq = seq, .fill = static_cast<std::uint8_t>(seq)});
        auto sealed = protect(sender, packet);
        ASSERT_TRUE(sealed);
        sent.emplace_back(packet, *sealed);
    }
    for (const auto& [packet, sealed] : sent) {
        EXPECT_EQ(protect(sender, packet), sealed) << "the same packet, sent again";
    }
    std::shuffle(sent.begin() + 1, sent.end(), std::mt19937{7});
    for (const auto& [packet, sealed] : sent) {
        ASSERT_EQ(unprotect(receiver, sealed), packet);
        ASSERT_EQ(their_receiver.unprotect_rtp(sealed), packet);
    }
    for (const auto& [packet, sealed] : sent) ASSERT_FALSE(unprotect(receiver, sealed));
    EXPECT_EQ(receiver.counters().replayed, sent.size());
    EXPECT_EQ(receiver.counters().rtp_packets, sent.size());
}

TEST_P(SrtpTest, TheCallersRollOversCountFromTheFirstPacket) {
    for (std::int64_t seq = 3 * 65536 + 65000; seq < 5 * 65536; seq += 977) {
        ByteVector packet = rtp({.seq = static_cast<std::uint16_t>(seq)});
        auto theirs = their_sender.protect_rtp(packet);
        const std::size_t size = packet.size();
        packet.resize(size + SrtpSender::kRtpOverhead);
        auto protected_size = sender.protect_rtp(packet, size, ExtSeqNum{seq});
        ASSERT_TRUE(protected_size && theirs);
        packet.resize(*protected_size);
        ASSERT_EQ(to_hex(packet), to_hex(*theirs));
    }
    ByteVector before = rtp({.seq = 65535});
    before.resize(before.size() + SrtpSender::kRtpOverhead);
    EXPECT_FALSE(sender.protect_rtp(before, before.size() - 16, ExtSeqNum{2 * 65536 + 65535}));
    EXPECT_FALSE(sender.protect_rtp(before, before.size() - 16, ExtSeqNum{5 * 65536 + 1}))
        << "not the sequence number of the packet";
}

TEST_P(SrtpTest, AForgedBitAnywhereIsNoticedAndCounted) {
    ByteVector sealed = *protect(sender, rtp({.seq = 5, .payload = 20, .extension_words = 1}));
    ASSERT_TRUE(unprotect(receiver, *protect(sender, rtp({.seq = 4}))));
    std::uint64_t expected = 0;
    for (std::size_t byte = 0; byte < sealed.size(); ++byte) {
        ByteVector forged = sealed;
        forged[byte] ^= 0x04;
        EXPECT_FALSE(unprotect(receiver, forged)) << "byte " << byte;
        ++expected;
    }
    const auto& counters = receiver.counters();
    EXPECT_EQ(counters.unauthenticated + counters.malformed, expected);
    EXPECT_EQ(counters.rtp_packets, 1U);
    EXPECT_TRUE(unprotect(receiver, sealed)) << "forgeries do not mark the packet as seen";

    ByteVector report = *protect_rtcp(sender, rtcp(9, 5));
    for (std::size_t byte = 0; byte < report.size(); ++byte) {
        ByteVector forged = report;
        forged[byte] ^= 0x80;
        EXPECT_FALSE(unprotect_rtcp(receiver, forged)) << "byte " << byte;
    }
    EXPECT_TRUE(unprotect_rtcp(receiver, report));
    EXPECT_FALSE(unprotect_rtcp(receiver, report));
}

TEST_P(SrtpTest, ForgedStreamsLeaveNoStateAndRealOnesAreLimited) {
    for (std::uint32_t ssrc = 0; ssrc < 2000; ++ssrc) {
        ByteVector forged = rtp({.ssrc = ssrc});
        EXPECT_FALSE(unprotect(receiver, forged));
    }
    EXPECT_EQ(receiver.counters().refused_streams, 0U);
    for (std::uint32_t ssrc = 0; ssrc < SrtpReceiver::kMaxStreams + 3; ++ssrc) {
        ByteVector sealed = *protect(sender, rtp({.ssrc = ssrc}));
        EXPECT_EQ(unprotect(receiver, sealed).has_value(), ssrc < SrtpReceiver::kMaxStreams);
    }
    EXPECT_EQ(receiver.counters().refused_streams, 3U);
}

TEST_P(SrtpTest, StreamsThatAreSilentGiveWayToNewOnesAndNothingOfThemPassesTwice) {
    constexpr auto kMost = static_cast<std::uint32_t>(SrtpReceiver::kMaxStreams);
    Silence silence{receiver};
    const ByteVector old = *protect(sender, rtp({.seq = 65000, .ssrc = 0}));
    ASSERT_TRUE(unprotect(receiver, old));
    const ByteVector late = *protect(sender, rtp({.seq = 65500, .ssrc = 0}));
    for (std::uint16_t seq : {65535, 0, 1})
        ASSERT_TRUE(unprotect(receiver, *protect(sender, rtp({.seq = seq, .ssrc = 0}))));
    const ByteVector report = *protect_rtcp(sender, rtcp(0, 5));
    ASSERT_TRUE(unprotect_rtcp(receiver, report));
    for (std::uint32_t ssrc = 1; ssrc < kMost; ++ssrc) {
        ASSERT_TRUE(unprotect(receiver, *protect(sender, rtp({.ssrc = ssrc}))));
        ASSERT_TRUE(unprotect_rtcp(receiver, *protect_rtcp(sender, rtcp(ssrc, 5))));
    }
    const auto speaks = [&](std::uint32_t ssrc, std::uint16_t seq) {
        return unprotect(receiver, *protect(sender, rtp({.seq = seq, .ssrc = ssrc}))) &&
               unprotect_rtcp(receiver, *protect_rtcp(sender, rtcp(ssrc, 5)));
    };
    EXPECT_FALSE(speaks(kMost, 1)) << "all others spoke just now";
    silence.lasts(2 * kMinIdle);
    ASSERT_TRUE(speaks(5, 2)) << "one of them goes on speaking";
    // Whoever has no keys keeps none of them here.
    for (std::uint32_t ssrc = 0; ssrc < kMost; ++ssrc) {
        ByteVector forged = rtp({.seq = 3, .ssrc = ssrc});
        EXPECT_FALSE(unprotect(receiver, forged));
    }
    silence.lasts(kMinIdle);
    for (std::uint32_t ssrc = 0; ssrc + 1 < kMost; ++ssrc) ASSERT_TRUE(speaks(kMost + ssrc, 1));
    EXPECT_FALSE(speaks(3 * kMost, 1)) << "not more at a time than before";

    silence.lasts(3 * kMinIdle);
    const std::uint64_t replayed = receiver.counters().replayed;
    EXPECT_FALSE(unprotect(receiver, old)) << "copied, from before the roll-over";
    EXPECT_FALSE(unprotect(receiver, late)) << "nobody knows whether it came before";
    EXPECT_FALSE(unprotect_rtcp(receiver, report));
    EXPECT_EQ(receiver.counters().replayed, replayed + 3);
    EXPECT_TRUE(speaks(0, 2)) << "it goes on behind the roll-over";
    EXPECT_FALSE(unprotect(receiver, late));
    EXPECT_FALSE(unprotect(receiver, old));
    EXPECT_TRUE(speaks(5, 3));
}

TEST_P(SrtpTest, ShortAndMisshapenPacketsAreRefused) {
    for (std::size_t size = 0; size < 40; ++size) {
        ByteVector packet(size, 0x9f);  // version 2, extension, 15 CSRCs
        EXPECT_FALSE(unprotect(receiver, packet));
        EXPECT_FALSE(unprotect_rtcp(receiver, packet));
        EXPECT_FALSE(protect(sender, packet));
    }
    ByteVector without_room = rtp({});
    EXPECT_FALSE(sender.protect_rtp(without_room, without_room.size()));
    EXPECT_FALSE(sender.protect_rtp(without_room, without_room.size() + 1));
    EXPECT_FALSE(sender.protect_rtcp(without_room, without_room.size()));
    EXPECT_EQ(sender.counters().rtp_packets, 0U);
}

INSTANTIATE_TEST_SUITE_P(AllProfiles, SrtpTest,
                         testing::Values(SrtpProfile::aead_aes_128_gcm,
                                         SrtpProfile::aead_aes_256_gcm,
                                         SrtpProfile::aes128_cm_sha1_80),
                         [](const auto& row) { return std::string{name(row.param)}; });

TEST(SrtpSender, WhatWasLeftOutMayBeSentLaterOnceAndWhatWasSentOnlyAsItWas) {
    SrtpSender sender{SrtpProfile::aead_aes_128_gcm, some_master_key()};
    const auto sends = [&](std::uint16_t seq, std::uint8_t fill) {
        return protect(sender, rtp({.seq = seq, .fill = fill})).has_value();
    };
    EXPECT_TRUE(sends(10, 1));
    EXPECT_TRUE(sends(500, 1));
    EXPECT_TRUE(sends(100, 1)) << "left out at first";
    EXPECT_FALSE(sends(100, 2));
    EXPECT_TRUE(sends(100, 1));
    EXPECT_FALSE(sends(10, 2));
    // The places of 100 and 500 are taken by others now, and by nobody.
    EXPECT_TRUE(sends(100 + SrtpSender::kHistory, 3));
    EXPECT_TRUE(sends(600 + SrtpSender::kHistory, 3));
    EXPECT_TRUE(sends(500 + SrtpSender::kHistory, 4));
    EXPECT_FALSE(sends(500 + SrtpSender::kHistory, 5));
    EXPECT_FALSE(sends(100 + SrtpSender::kHistory, 4));
    EXPECT_FALSE(sends(500, 1)) << "too long ago to tell";
    // Nothing of what was before a great leap.
    EXPECT_TRUE(sends(9000, 6));
    EXPECT_TRUE(sends(8500, 6));
    EXPECT_FALSE(sends(8500, 7));
}

TEST(SrtpSender, GcmNeverSealsTwoDifferentPacketsWithOneNonce) {
    SrtpSender sender{SrtpProfile::aead_aes_128_gcm, some_master_key()};
    const PacketShape first{.seq = 10, .extension_words = 1, .extension_fill = 1};
    const PacketShape other_extension{.seq = 10, .extension_words = 1, .extension_fill = 2};
    ASSERT_TRUE(protect(sender, rtp(first)));
    EXPECT_FALSE(protect(sender, rtp(other_extension)));
    EXPECT_TRUE(protect(sender, rtp(first)));
    for (std::uint16_t seq = 11; seq < 11 + SrtpSender::kHistory; ++seq) {
        ASSERT_TRUE(protect(sender, rtp({.seq = seq})));
    }
    EXPECT_FALSE(protect(sender, rtp(first))) << "too old to know whether it is the same";
    EXPECT_EQ(sender.counters().refused_nonce_reuse, 2U);
}

TEST(SrtpSender, AStreamThatWasForgottenGoesOnAndUsesNoNonceTwice) {
    constexpr auto kMost = static_cast<std::uint32_t>(SrtpSender::kMaxStreams);
    for (const SrtpProfile profile :
         {SrtpProfile::aead_aes_128_gcm, SrtpProfile::aes128_cm_sha1_80}) {
        SrtpSender sender{profile, some_master_key()};
        SrtpReceiver receiver{profile, some_master_key()};
        Silence silence{sender};
        const auto say = [&](std::uint32_t ssrc, std::uint16_t seq) {
            return protect(sender, rtp({.seq = seq, .ssrc = ssrc}));
        };
        for (std::uint16_t seq : {65534, 65535, 0, 1})
            ASSERT_TRUE(unprotect(receiver, *say(0, seq)));
        const auto counted = [&](std::int64_t seq) {
            ByteVector packet = rtp({.seq = static_cast<std::uint16_t>(seq), .ssrc = 1});
            packet.resize(packet.size() + SrtpSender::kRtpOverhead);
            const auto size = sender.protect_rtp(packet, packet.size() - SrtpSender::kRtpOverhead,
                                                 ExtSeqNum{seq});
            return size && unprotect(receiver, {packet.begin(), packet.begin() + *size});
        };
        ASSERT_TRUE(counted(3 * 65536 + 65535));
        ASSERT_TRUE(counted(4 * 65536));
        for (std::uint32_t ssrc = 2; ssrc < kMost; ++ssrc) ASSERT_TRUE(say(ssrc, 1));
        EXPECT_FALSE(say(kMost, 1));
        silence.lasts(3 * kMinIdle);
        for (std::uint32_t ssrc = 0; ssrc < kMost; ++ssrc) ASSERT_TRUE(say(kMost + ssrc, 1));
        EXPECT_EQ(sender.counters().refused_streams, 1U);
        silence.lasts(3 * kMinIdle);

        const std::uint64_t refused = sender.counters().refused_nonce_reuse;
        EXPECT_FALSE(say(0, 1));
        EXPECT_FALSE(say(0, 0));
        EXPECT_FALSE(say(0, 65535)) << "even the same bytes: nobody knows whether they are";
        EXPECT_FALSE(counted(4 * 65536));
        EXPECT_EQ(sender.counters().refused_nonce_reuse, refused + 4);
        const auto next = say(0, 2);
        ASSERT_TRUE(next);
        EXPECT_TRUE(unprotect(receiver, *next)) << "with the same roll-over counter";
        EXPECT_EQ(say(0, 2), next) << "sent again, as ever";
        EXPECT_TRUE(counted(4 * 65536 + 1));
    }
}

TEST(StreamTable, RefusesStreamsWhenItCannotRememberMore) {
    StreamTable<ReplayWindow> table{2, 3};
    Silence silence{table};
    const auto says = [&](std::uint32_t ssrc) {
        silence.lasts(3 * kMinIdle);
        return table.find(Ssrc{ssrc}) || table.make(Ssrc{ssrc});
    };
    for (std::uint32_t ssrc = 0; ssrc < 5; ++ssrc) EXPECT_TRUE(says(ssrc)) << ssrc;
    EXPECT_FALSE(says(5));
    EXPECT_EQ(table.size(), 2U);
    EXPECT_EQ(table.memories(), 3U);
}

TEST(SrtpSender, AStreamThatWasSkippedMayComeLate) {
    SrtpSender sender{SrtpProfile::aead_aes_128_gcm, some_master_key()};
    ASSERT_TRUE(protect(sender, rtp({.seq = 10})));
    ASSERT_TRUE(protect(sender, rtp({.seq = 12})));
    EXPECT_TRUE(protect(sender, rtp({.seq = 11})));
}

TEST(ReplayWindow, KnowsTheLast1024) {
    ReplayWindow window;
    EXPECT_TRUE(window.is_new(5000));
    window.mark(5000);
    EXPECT_FALSE(window.is_new(5000));
    EXPECT_TRUE(window.is_new(5000 - 1023));
    EXPECT_FALSE(window.is_new(5000 - 1024)) << "too old to know";
    window.mark(5000 + 3000);
    EXPECT_FALSE(window.is_new(5000));
    EXPECT_TRUE(window.is_new(5000 + 3000 - 1023));
    window.mark(5000 + 3002);
    EXPECT_TRUE(window.is_new(5000 + 3001));
}

TEST(EstimateIndex, TakesTheNearestButNothingBeforeTheFirstRollOver) {
    EXPECT_EQ(estimate_index(65535, 0), 65536U);
    EXPECT_EQ(estimate_index(65536, 65535), 65535U);
    EXPECT_EQ(estimate_index(3 * 65536 + 10, 65530), 2 * 65536U + 65530);
    EXPECT_EQ(estimate_index(3, 65535), 65535U);
}

}  // namespace
}  // namespace rivero::transport
