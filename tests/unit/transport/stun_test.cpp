// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "hex.hpp"
#include "transport/stun/stun_message.hpp"

#include <gtest/gtest.h>

namespace rivero::transport {
namespace {

constexpr const char* kPassword = "VOkJxbRl1RmTxUk/WvJxBt";
constexpr const char* kLongUser = "\u30de\u30c8\u30ea\u30c3\u30af\u30b9";

// RFC 5769 section 2.1; the padding of USERNAME is spaces there.
const char* const kRequest =
    "00010058 2112a442 b7e7a701bc34d686fa87dfae"
    "80220010 5354554e207465737420636c69656e74"
    "00240004 6e0001ff 80290008 932ff9b151263b36"
    "00060009 6576746a3a68367659202020"
    "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004 e57a3bcf";
// Section 2.2
const char* const kResponse4 =
    "0101003c 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200008 0001a147e112a643"
    "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004 c07d4c96";
// Section 2.3
const char* const kResponse6 =
    "01010048 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004 c8fb0b4c";

TEST(StunMessage, ReadsTheRequestOfRfc5769) {
    const ByteVector bytes = from_hex(kRequest);
    const auto message = StunMessage::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->type, StunClass::request);
    EXPECT_EQ(message->method, kStunBinding);
    EXPECT_EQ(message->username, "evtj:h6vY");
    EXPECT_EQ(message->priority, 0x6e0001ffU);
    EXPECT_EQ(message->controlled, 0x932ff9b151263b36U);
    EXPECT_FALSE(message->controlling);
    EXPECT_TRUE(message->has_fingerprint);
    EXPECT_TRUE(message->authentic(kPassword));
    EXPECT_FALSE(message->authentic("VOkJxbRl1RmTxUk/WvJxBT"));
    EXPECT_FALSE(message->authentic(""));
}

TEST(StunMessage, ReadsTheResponsesOfRfc5769) {
    const ByteVector four = from_hex(kResponse4);
    auto message = StunMessage::parse(four);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->type, StunClass::success);
    ASSERT_TRUE(message->mapped_address);
    EXPECT_EQ(message->mapped_address->text(), "192.0.2.1:32853");
    EXPECT_TRUE(message->authentic(kPassword));

    const ByteVector six = from_hex(kResponse6);
    message = StunMessage::parse(six);
    ASSERT_TRUE(message);
    ASSERT_TRUE(message->mapped_address);
    EXPECT_EQ(message->mapped_address->text(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
    EXPECT_TRUE(message->authentic(kPassword));
}

TEST(StunWriter, WritesTheResponsesOfRfc5769ButForThePadding) {
    // Ours is zeros: it is covered by both checksums, so they are compared by reading.
    for (const char* text : {kResponse4, kResponse6}) {
        const ByteVector bytes = from_hex(text);
        const auto theirs = StunMessage::parse(bytes);
        ASSERT_TRUE(theirs);
        StunWriter writer{StunClass::success, theirs->transaction};
        writer.attribute(0x8022, as_bytes("test vector"));
        writer.mapped_address(*theirs->mapped_address);
        const Bytes ours = writer.finish(kPassword);
        ASSERT_EQ(ours.size(), bytes.size());
        // Header, SOFTWARE up to its padding; then the mapped address.
        EXPECT_TRUE(std::equal(ours.begin(), ours.begin() + 35, bytes.begin()));
        EXPECT_TRUE(std::equal(ours.begin() + 36, ours.end() - 32 + 4, bytes.begin() + 36));
        const auto read = StunMessage::parse(ours);
        ASSERT_TRUE(read);
        EXPECT_TRUE(read->authentic(kPassword));
    }
}

TEST(StunWriter, WritesWhatItReads) {
    const StunTransactionId id{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    StunWriter writer{StunClass::request, id};
    writer.username(kLongUser);
    writer.priority(7);
    writer.use_candidate();
    writer.controlling(0x0102030405060708);
    const Bytes bytes = writer.finish("secret");
    const auto message = StunMessage::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->transaction, id);
    EXPECT_EQ(message->username, kLongUser);
    EXPECT_EQ(message->priority, 7U);
    EXPECT_TRUE(message->use_candidate);
    EXPECT_EQ(message->controlling, 0x0102030405060708U);
    EXPECT_TRUE(message->authentic("secret"));

    StunWriter error{StunClass::error, id};
    error.error(StunError::role_conflict, "Role Conflict");
    const Bytes refusal = error.finish("secret");
    const auto read = StunMessage::parse(refusal);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type, StunClass::error);
    EXPECT_EQ(read->error, 487);
    EXPECT_EQ(read->error_reason, "Role Conflict");
}

TEST(StunMessage, NamesAttributesThatMustBeUnderstood) {
    StunWriter writer{StunClass::request, {}};
    writer.attribute(0x7123, as_bytes("abc"));
    writer.attribute(0xc123, as_bytes("may be skipped"));
    const Bytes bytes = writer.finish({});
    const auto message = StunMessage::parse(bytes);
    ASSERT_TRUE(message);
    ASSERT_EQ(message->unknown().size(), 1U);
    EXPECT_EQ(message->unknown()[0], 0x7123);
    EXPECT_FALSE(message->has_integrity());
}

TEST(StunMessage, WhatStandsBehindTheIntegrityDoesNotCount) {
    // USE-CANDIDATE put behind by somebody on the way, with a right FINGERPRINT.
    StunWriter writer{StunClass::request, {}};
    writer.username("a:b");
    const Bytes whole = writer.finish("secret");
    ByteVector bytes(whole.begin(), whole.end() - 8);  // without FINGERPRINT
    for (int byte : {0x00, 0x25, 0x00, 0x00}) bytes.push_back(static_cast<std::uint8_t>(byte));
    bytes[3] = static_cast<std::uint8_t>(bytes.size() - StunMessage::kHeader);
    const auto message = StunMessage::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->authentic("secret"));
    EXPECT_FALSE(message->use_candidate);
}

struct Broken {
    const char* name;
    const char* bytes;
};
class BrokenStun : public testing::TestWithParam<Broken> {};
TEST_P(BrokenStun, IsRefused) {
    EXPECT_FALSE(StunMessage::parse(from_hex(GetParam().bytes)));
}
INSTANTIATE_TEST_SUITE_P(
    Table, BrokenStun,
    testing::Values(
        Broken{"Empty", ""}, Broken{"Short", "00010000 2112a442 b7e7a701bc34d686fa87df"},
        Broken{"OtherCookie", "00010000 2112a443 b7e7a701bc34d686fa87dfae"},
        Broken{"LengthBeyondTheEnd", "00010008 2112a442 b7e7a701bc34d686fa87dfae 00250000"},
        Broken{"LengthOdd", "00010003 2112a442 b7e7a701bc34d686fa87dfae 002500"},
        Broken{"TrailingBytes", "00010000 2112a442 b7e7a701bc34d686fa87dfae 00"},
        Broken{"AttributeTooLong", "00010004 2112a442 b7e7a701bc34d686fa87dfae 00060009"},
        Broken{"AttributeWithoutPadding",
               "00010008 2112a442 b7e7a701bc34d686fa87dfae 00060005 61616161"},
        Broken{"PriorityOfTwoBytes",
               "00010008 2112a442 b7e7a701bc34d686fa87dfae 00240002 6e000000"},
        Broken{"IntegrityTooShort", "00010008 2112a442 b7e7a701bc34d686fa87dfae 00080004 00000000"},
        Broken{"FingerprintWrong", "00010008 2112a442 b7e7a701bc34d686fa87dfae 80280004 00000000"},
        Broken{"AddressOfNoFamily",
               "0101000c 2112a442 b7e7a701bc34d686fa87dfae 00200008 0003a147e112a643"},
        Broken{"AddressOfV6InFourBytes",
               "0101000c 2112a442 b7e7a701bc34d686fa87dfae 00200008 0002a147e112a643"},
        Broken{"Rtp", "80600001 2112a442 b7e7a701bc34d686fa87dfae"}),
    [](const auto& row) { return row.param.name; });

TEST(StunMessage, EachByteThatChangesIsNoticed) {
    const ByteVector good = from_hex(kRequest);
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const int flip : {0x01, 0x80}) {
            ByteVector bad = good;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ flip);
            const auto message = StunMessage::parse(bad);
            EXPECT_TRUE(!message || !message->authentic(kPassword) || i >= good.size() - 8) << i;
        }
        EXPECT_FALSE(StunMessage::parse(Bytes{good}.first(i))) << i;
    }
}

}  // namespace
}  // namespace rivero::transport
