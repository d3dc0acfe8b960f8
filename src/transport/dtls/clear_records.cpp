// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/clear_records.hpp"

#include "rivero/base/assert.hpp"

#include <algorithm>
#include <span>

namespace rivero::transport {
namespace {

constexpr std::uint8_t kChangeCipherSpec = 20;
constexpr std::uint8_t kAlert = 21;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kFatal = 2;
constexpr std::uint8_t kCloseNotify = 0;
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kHelloVerifyRequest = 3;
constexpr std::uint8_t kCertificate = 11;
/// Client: hello, certificate, certificate verify, key exchange.
constexpr std::array<std::uint8_t, 4> kOfClient{kClientHello, kCertificate, 15, 16};
/// Server: hello, hello verify request, session ticket, certificate, key exchange, certificate
/// request, hello done, certificate status.
constexpr std::array<std::uint8_t, 8> kOfServer{2, kHelloVerifyRequest, 4, kCertificate, 12, 13, 14,
                                                22};
constexpr std::size_t kRecordHeader = 13;
constexpr std::size_t kMessageHeader = 12;

/// RFC 6347 section 4.1:
///
///     type 1 | version 2 | epoch 2 | sequence number 6 | length 2 | content
template <class Byte>
struct Record {
    std::span<Byte> whole;
    [[nodiscard]] std::uint8_t type() const { return whole[0]; }
    [[nodiscard]] bool clear() const { return whole[3] == 0 && whole[4] == 0; }
    [[nodiscard]] std::span<Byte> number() const { return whole.subspan(5, 6); }
    [[nodiscard]] std::span<Byte> content() const { return whole.subspan(kRecordHeader); }
};

/// The next record of what is left of a datagram; empty when no more ends in it.
template <class Byte>
std::optional<Record<Byte>> take_record(std::span<Byte>& rest) {
    if (rest.size() < kRecordHeader) return std::nullopt;
    const std::size_t size = kRecordHeader + static_cast<std::size_t>(rest[11] << 8 | rest[12]);
    if (rest.size() < size) return std::nullopt;
    const Record<Byte> record{rest.first(size)};
    rest = rest.subspan(size);
    return record;
}

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

/// Of a peer that has no keys yet.
bool said_in_clear(std::uint8_t type, Bytes content, std::span<const std::uint8_t> messages) {
    if (type == kChangeCipherSpec) return content.size() == 1 && content[0] == 1;
    if (type != kHandshake || content.empty()) return false;
    ByteReader reader{content};
    while (reader.remaining() > 0) {
        const Fragment fragment = take_fragment(reader);
        const bool known =
            std::find(messages.begin(), messages.end(), fragment.type) != messages.end();
        const bool inside = fragment.offset + fragment.bytes.size() <= fragment.length;
        if (!reader.ok() || !known || !inside) return false;
    }
    return true;
}

/// That of a peer that gives up.
std::optional<std::uint8_t> last_word(std::uint8_t type, Bytes content) {
    if (type != kAlert || content.size() != 2) return std::nullopt;
    if (content[0] != kFatal && content[1] != kCloseNotify) return std::nullopt;
    return content[1];
}

}  // namespace

ClientHello client_hello(Bytes datagram) {
    ClientHello found;
    bool anything = false;
    while (const auto record = take_record(datagram)) {
        if (record->type() != kHandshake || !record->clear()) {
            anything = true;
            continue;
        }
        ByteReader messages{record->content()};
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

ClearTalk sift(MutableBytes datagram, DtlsRole speaker) {
    const std::span<const std::uint8_t> messages =
        speaker == DtlsRole::client ? std::span<const std::uint8_t>{kOfClient} : kOfServer;
    ClearTalk talk;
    std::size_t kept = 0;
    MutableBytes rest = datagram;
    while (const auto record = take_record(rest)) {
        const Bytes content = record->content();
        if (record->clear() && !said_in_clear(record->type(), content, messages)) {
            if (!talk.gave_up) talk.gave_up = last_word(record->type(), content);
            continue;
        }
        const MutableBytes place = datagram.subspan(kept, record->whole.size());
        if (place.data() != record->whole.data())
            std::copy(record->whole.begin(), record->whole.end(), place.begin());
        kept += place.size();
    }
    talk.datagram = datagram.first(kept);
    return talk;
}

void number_clear_records(MutableBytes datagram, std::uint64_t& number) {
    while (const auto record = take_record(datagram)) {
        if (!record->clear()) continue;
        ByteWriter writer{record->number()};
        ++number;
        writer.u16(static_cast<std::uint16_t>(number >> 32));
        writer.u32(static_cast<std::uint32_t>(number));
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
