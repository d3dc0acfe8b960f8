// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/clear_records.hpp"

#include "rivero/base/assert.hpp"

#include <algorithm>

namespace rivero::transport {
namespace {

constexpr std::uint8_t kChangeCipherSpec = 20;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kHelloVerifyRequest = 3;
constexpr std::uint8_t kCertificate = 11;
constexpr std::uint8_t kCertificateVerify = 15;
constexpr std::uint8_t kClientKeyExchange = 16;
constexpr std::size_t kRecordHeader = 13;
constexpr std::size_t kMessageHeader = 12;

/// One piece of a handshake message. RFC 6347 section 4.2.2:
///
///     msg_type 1 | length 3 | message_seq 2 | fragment_offset 3 | fragment_length 3 | fragment
struct Fragment {
    std::uint8_t type = 0;
    std::uint32_t length = 0;
    std::uint16_t message = 0;
    std::uint32_t offset = 0;
    Bytes bytes;
};

Fragment take_fragment(ByteReader& reader) {
    Fragment fragment;
    fragment.type = reader.u8();
    fragment.length = reader.u24();
    fragment.message = reader.u16();
    fragment.offset = reader.u24();
    fragment.bytes = reader.take(reader.u24());
    return fragment;
}

/// client_version 2 | random 32 | session_id 1 + 0..32 | cookie 1 + 0..255 | ...
ClientHello read_hello(const Fragment& fragment) {
    ClientHello hello;
    hello.message = fragment.message;
    hello.length = fragment.length;
    if (fragment.offset > 0) {
        hello.part = ClientHello::Part::further;
        return hello;
    }
    ByteReader reader{fragment.bytes};
    reader.skip(2);
    const Bytes random = reader.take(hello.random.size());
    reader.skip(reader.u8());
    hello.cookie = reader.take(reader.u8());
    hello.part = reader.ok() ? ClientHello::Part::first : ClientHello::Part::bad;
    if (reader.ok()) std::copy(random.begin(), random.end(), hello.random.begin());
    return hello;
}

/// Of a client that has no keys yet.
bool client_says(std::uint8_t type, Bytes record) {
    if (type == kChangeCipherSpec) return record.size() == 1 && record[0] == 1;
    if (type != kHandshake || record.empty()) return false;
    ByteReader messages{record};
    while (messages.remaining() > 0) {
        const Fragment fragment = take_fragment(messages);
        const bool known = fragment.type == kClientHello || fragment.type == kCertificate ||
                           fragment.type == kCertificateVerify ||
                           fragment.type == kClientKeyExchange;
        const bool inside = fragment.offset + fragment.bytes.size() <= fragment.length;
        if (!messages.ok() || !known || !inside) return false;
    }
    return true;
}

}  // namespace

ClientHello client_hello(Bytes datagram) {
    ClientHello found;
    bool anything = false;
    ByteReader records{datagram};
    while (records.ok() && records.remaining() >= kRecordHeader) {
        const std::uint8_t type = records.u8();
        records.skip(2);
        const std::uint16_t epoch = records.u16();
        records.skip(6);
        ByteReader messages{records.take(records.u16())};
        if (type != kHandshake || epoch != 0) {
            anything = true;
            continue;
        }
        while (messages.ok() && messages.remaining() >= kMessageHeader) {
            const Fragment fragment = take_fragment(messages);
            if (fragment.type == kClientHello) {
                const ClientHello hello = read_hello(fragment);
                // A client begins with its hello and goes on with more of the same.
                const bool odd = anything || !messages.ok() ||
                                 (found.part != ClientHello::Part::none &&
                                  (hello.part != ClientHello::Part::further ||
                                   hello.message != found.message || hello.length != found.length));
                if (odd) return {.part = ClientHello::Part::bad, .cookie = {}};
                if (found.part == ClientHello::Part::none) found = hello;
            } else {
                anything = true;
            }
        }
    }
    return found;
}

MutableBytes without_strange_records(MutableBytes datagram) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at + kRecordHeader <= datagram.size();) {
        const auto length = static_cast<std::size_t>(datagram[at + 11] << 8 | datagram[at + 12]);
        const std::size_t size = kRecordHeader + length;
        if (at + size > datagram.size()) break;
        const MutableBytes record = datagram.subspan(at, size);
        const bool clear = record[3] == 0 && record[4] == 0;
        if (!clear || client_says(record[0], record.subspan(kRecordHeader))) {
            if (kept < at) std::copy(record.begin(), record.end(), datagram.begin() + kept);
            kept += size;
        }
        at += size;
    }
    return datagram.first(kept);
}

void number_clear_records(MutableBytes datagram, std::uint64_t& number) {
    for (std::size_t at = 0; at + kRecordHeader <= datagram.size();) {
        if (datagram[at + 3] == 0 && datagram[at + 4] == 0) {
            ByteWriter writer{datagram.subspan(at + 5, 6)};
            ++number;
            writer.u16(static_cast<std::uint16_t>(number >> 32));
            writer.u32(static_cast<std::uint32_t>(number));
        }
        at += kRecordHeader + static_cast<std::size_t>(datagram[at + 11] << 8 | datagram[at + 12]);
    }
}

std::array<std::uint8_t, kHelloVerifyRequestSize> hello_verify_request(const HelloCookie& cookie) {
    // The version says 1.0 whatever is spoken later: RFC 6347 section 4.2.1.
    constexpr std::uint16_t kVersion = 0xfeff;
    constexpr std::uint32_t kBody = 2 + 1 + HelloCookie{}.size();
    std::array<std::uint8_t, kHelloVerifyRequestSize> datagram{};
    ByteWriter writer{datagram};
    writer.u8(kHandshake);
    writer.u16(kVersion);
    writer.zeros(2 + 6);
    writer.u16(kMessageHeader + kBody);
    writer.u8(kHelloVerifyRequest);
    writer.u24(kBody);
    writer.u16(0);
    writer.u24(0);
    writer.u24(kBody);
    writer.u16(kVersion);
    writer.u8(static_cast<std::uint8_t>(cookie.size()));
    writer.bytes(cookie);
    RIVERO_ASSERT(writer.ok() && writer.size() == datagram.size(), "a HelloVerifyRequest fits");
    return datagram;
}

}  // namespace rivero::transport
