// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/stun/stun_message.hpp"

#include "rivero/base/assert.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstring>

namespace rivero::transport {
namespace {

constexpr std::uint32_t kCookie = 0x2112a442;
constexpr std::uint32_t kFingerprintXor = 0x5354554e;
constexpr std::size_t kAttributeHeader = 4;
constexpr std::size_t kIntegrity = 20;
constexpr std::size_t kFingerprint = 4;

enum Attribute : std::uint16_t {
    kUsername = 0x0006,
    kMessageIntegrity = 0x0008,
    kErrorCode = 0x0009,
    kUnknownAttributes = 0x000a,
    kRealm = 0x0014,
    kNonce = 0x0015,
    kMessageIntegritySha256 = 0x001c,
    kXorMappedAddress = 0x0020,
    kPriority = 0x0024,
    kUseCandidate = 0x0025,
    kFingerprintType = 0x8028,
    kIceControlled = 0x8029,
    kIceControlling = 0x802a,
};

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t n = 0; n < 256; ++n) {
        std::uint32_t c = n;
        for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
        table[n] = c;
    }
    return table;
}
constexpr auto kCrcTable = make_crc_table();

/// CRC-32 of ITU V.42, as RFC 8489 section 14.7 wants it.
std::uint32_t crc32(Bytes bytes) {
    std::uint32_t c = 0xffffffff;
    for (std::uint8_t byte : bytes) c = kCrcTable[(c ^ byte) & 0xff] ^ (c >> 8);
    return ~c;
}

std::array<std::uint8_t, kIntegrity> hmac(std::string_view password, Bytes message) {
    std::array<std::uint8_t, kIntegrity> digest{};
    unsigned size = digest.size();
    const auto* ok = HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()),
                          message.data(), message.size(), digest.data(), &size);
    RIVERO_ASSERT(ok, "OpenSSL has HMAC-SHA1");
    return digest;
}

/// Family, port and address XORed with cookie and transaction. Section 14.2.
std::optional<SocketAddress> read_address(Bytes value, const StunTransactionId& transaction) {
    ByteReader reader{value};
    reader.skip(1);
    const std::uint8_t family = reader.u8();
    SocketAddress address;
    address.ipv6 = family == 2;
    address.port = static_cast<std::uint16_t>(reader.u16() ^ (kCookie >> 16));
    const Bytes ip = reader.take(address.ipv6 ? 16 : 4);
    if (!reader.ok() || reader.remaining() != 0 || (family != 1 && family != 2))
        return std::nullopt;
    std::array<std::uint8_t, 16> mask;
    ByteWriter writer{mask};
    writer.u32(kCookie);
    writer.bytes(transaction);
    for (std::size_t i = 0; i < ip.size(); ++i) address.ip[i] = ip[i] ^ mask[i];
    return address;
}

}  // namespace

bool StunMessage::looks_like(Bytes datagram) {
    if (datagram.size() < kHeader || datagram[0] > 3) return false;
    ByteReader reader{datagram};
    reader.skip(2);
    const std::size_t length = reader.u16();
    return reader.u32() == kCookie && length % 4 == 0 && length + kHeader == datagram.size();
}

Parsed<StunMessage> StunMessage::parse(Bytes datagram) {
    if (datagram.size() < kHeader) return failure(ParseError::too_short);
    if (!looks_like(datagram)) return failure(ParseError::bad_version);
    StunMessage message;
    message.bytes_ = datagram;
    ByteReader reader{datagram};
    //   0 0 M11..M7 C1 M6 M5 M4 C0 M3..M0
    const std::uint16_t type = reader.u16();
    message.type = static_cast<StunClass>((type >> 7 & 2) | (type >> 4 & 1));
    message.method =
        static_cast<std::uint16_t>((type >> 2 & 0xf80) | (type >> 1 & 0x70) | (type & 0x0f));
    reader.skip(6);
    const Bytes id = reader.take(message.transaction.size());
    std::copy(id.begin(), id.end(), message.transaction.begin());

    while (reader.remaining() > 0) {
        if (message.has_fingerprint) return failure(ParseError::bad_value);  // it comes last
        const std::size_t at = datagram.size() - reader.remaining();
        const std::uint16_t attribute = reader.u16();
        const std::size_t size = reader.u16();
        const Bytes value = reader.take(size);
        reader.skip((4 - size % 4) % 4);
        if (!reader.ok()) return failure(ParseError::bad_length);
        ByteReader in{value};
        if (attribute == kFingerprintType) {
            if (size != kFingerprint) return failure(ParseError::bad_length);
            if ((crc32(datagram.first(at)) ^ kFingerprintXor) != in.u32())
                return failure(ParseError::bad_value);
            message.has_fingerprint = true;
            continue;
        }
        if (message.has_integrity()) continue;
        switch (attribute) {
            case kUsername:
                if (!message.username) message.username = as_text(value);
                break;
            case kMessageIntegrity:
                if (size != kIntegrity) return failure(ParseError::bad_length);
                message.integrity_at_ = at;
                break;
            case kErrorCode: {
                if (size < 4) return failure(ParseError::bad_length);
                in.skip(2);
                const int hundreds = in.u8() & 7;
                const int rest = in.u8();
                if (!message.error)
                    message.error = static_cast<std::uint16_t>(hundreds * 100 + rest);
                message.error_reason = as_text(in.rest());
                break;
            }
            case kXorMappedAddress:
                if (!message.mapped_address) {
                    message.mapped_address = read_address(value, message.transaction);
                    if (!message.mapped_address) return failure(ParseError::bad_value);
                }
                break;
            case kPriority:
                if (size != 4) return failure(ParseError::bad_length);
                if (!message.priority) message.priority = in.u32();
                break;
            case kUseCandidate:
                message.use_candidate = true;
                break;
            case kIceControlling:
                if (size != 8) return failure(ParseError::bad_length);
                if (!message.controlling) message.controlling = in.u64();
                break;
            case kIceControlled:
                if (size != 8) return failure(ParseError::bad_length);
                if (!message.controlled) message.controlled = in.u64();
                break;
            case kUnknownAttributes:
            case kRealm:
            case kNonce:
            case kMessageIntegritySha256:
            case 0x0001:  // MAPPED-ADDRESS, from servers of old
                break;
            default:
                if (attribute < 0x8000 && message.unknown_count_ < kMaxUnknown)
                    message.unknown_[message.unknown_count_++] = attribute;
        }
    }
    return message;
}

bool StunMessage::authentic(std::string_view password) const {
    if (integrity_at_ == 0) return false;
    // The length field as if the message ended with MESSAGE-INTEGRITY. Section 14.5.
    std::array<std::uint8_t, 2048> copy;
    if (integrity_at_ > copy.size()) return false;
    std::memcpy(copy.data(), bytes_.data(), integrity_at_);
    const std::size_t length = integrity_at_ - kHeader + kAttributeHeader + kIntegrity;
    copy[2] = static_cast<std::uint8_t>(length >> 8);
    copy[3] = static_cast<std::uint8_t>(length);
    const auto digest = hmac(password, Bytes{copy}.first(integrity_at_));
    return CRYPTO_memcmp(digest.data(), bytes_.data() + integrity_at_ + kAttributeHeader,
                         digest.size()) == 0;
}

StunWriter::StunWriter(StunClass type, const StunTransactionId& transaction, std::uint16_t method)
    : writer_{buffer_}, transaction_{transaction} {
    const auto c = static_cast<unsigned>(type);
    writer_.u16(static_cast<std::uint16_t>((c & 2) << 7 | (c & 1) << 4 | (method & 0xf80) << 2 |
                                           (method & 0x70) << 1 | (method & 0x0f)));
    writer_.u16(0);
    writer_.u32(kCookie);
    writer_.bytes(transaction);
}

void StunWriter::attribute(std::uint16_t type, Bytes value) {
    writer_.u16(type);
    writer_.u16(static_cast<std::uint16_t>(value.size()));
    writer_.bytes(value);
    writer_.zeros((4 - value.size() % 4) % 4);
}

void StunWriter::username(std::string_view name) {
    attribute(kUsername, as_bytes(name));
}
void StunWriter::priority(std::uint32_t priority) {
    writer_.u16(kPriority);
    writer_.u16(4);
    writer_.u32(priority);
}
void StunWriter::use_candidate() {
    attribute(kUseCandidate, {});
}
void StunWriter::controlling(std::uint64_t tie_breaker) {
    writer_.u16(kIceControlling);
    writer_.u16(8);
    writer_.u64(tie_breaker);
}
void StunWriter::controlled(std::uint64_t tie_breaker) {
    writer_.u16(kIceControlled);
    writer_.u16(8);
    writer_.u64(tie_breaker);
}

void StunWriter::mapped_address(const SocketAddress& address) {
    std::array<std::uint8_t, 16> mask;
    ByteWriter masks{mask};
    masks.u32(kCookie);
    masks.bytes(transaction_);
    const std::size_t size = address.ipv6 ? 16 : 4;
    writer_.u16(kXorMappedAddress);
    writer_.u16(static_cast<std::uint16_t>(4 + size));
    writer_.u8(0);
    writer_.u8(address.ipv6 ? 2 : 1);
    writer_.u16(static_cast<std::uint16_t>(address.port ^ (kCookie >> 16)));
    for (std::size_t i = 0; i < size; ++i) writer_.u8(address.ip[i] ^ mask[i]);
}

void StunWriter::error(StunError code, std::string_view reason) {
    std::array<std::uint8_t, 4 + 128> value{};
    const auto number = static_cast<unsigned>(code);
    value[2] = static_cast<std::uint8_t>(number / 100);
    value[3] = static_cast<std::uint8_t>(number % 100);
    reason = reason.substr(0, 128);
    std::copy(reason.begin(), reason.end(), value.begin() + 4);
    attribute(kErrorCode, Bytes{value}.first(4 + reason.size()));
}

void StunWriter::unknown_attributes(std::span<const std::uint16_t> types) {
    std::array<std::uint8_t, 2 * StunMessage::kMaxUnknown> value;
    ByteWriter writer{value};
    for (std::uint16_t type : types) writer.u16(type);
    attribute(kUnknownAttributes, writer.written());
}

void StunWriter::set_length(std::size_t attributes) {
    buffer_[2] = static_cast<std::uint8_t>(attributes >> 8);
    buffer_[3] = static_cast<std::uint8_t>(attributes);
}

Bytes StunWriter::finish(std::string_view password) {
    if (!password.empty()) {
        set_length(writer_.size() - StunMessage::kHeader + kAttributeHeader + kIntegrity);
        const auto digest = hmac(password, writer_.written());
        attribute(kMessageIntegrity, digest);
    }
    set_length(writer_.size() - StunMessage::kHeader + kAttributeHeader + kFingerprint);
    const std::uint32_t crc = crc32(writer_.written()) ^ kFingerprintXor;
    writer_.u16(kFingerprintType);
    writer_.u16(kFingerprint);
    writer_.u32(crc);
    RIVERO_ASSERT(writer_.ok(), "a STUN message of ours fits");
    return writer_.written();
}

}  // namespace rivero::transport
