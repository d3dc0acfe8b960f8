// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "transport/stun/stun_message.hpp"
#include "transport/tcp/framing.hpp"

using namespace rivero;
using namespace rivero::transport;

namespace {

constexpr std::string_view kPassword = "a-password-of-24-letters";

void read(Bytes datagram) {
    const auto message = StunMessage::parse(datagram);
    if (!message) return;
    RIVERO_ASSERT(StunMessage::looks_like(datagram), "what is read looks like it");
    RIVERO_ASSERT(message->unknown().size() <= StunMessage::kMaxUnknown, "bounded");
    if (message->username)
        RIVERO_ASSERT(message->username->size() < datagram.size(), "a part of the message");
    if (message->mapped_address) static_cast<void>(message->mapped_address->text());
    static_cast<void>(message->authentic(kPassword));
}

/// What we write is read as it was meant, and not at all when anything of it is changed.
void write(fuzz::Input& in) {
    StunTransactionId id{};
    for (auto& byte : id) byte = in.u8();
    StunWriter writer{static_cast<StunClass>(in.below(4)), id};
    const ByteVector name = in.piece();
    const bool named = in.u8() & 1;
    if (named) writer.username(as_text(name));
    const std::uint8_t what = in.u8();
    const std::uint64_t number = in.u64();
    if (what & 1) writer.priority(static_cast<std::uint32_t>(number));
    if (what & 2) writer.controlling(number);
    if (what & 4) writer.controlled(number);
    if (what & 8) writer.use_candidate();
    if (what & 16) {
        SocketAddress address;
        address.ipv6 = what & 32;
        address.port = in.u16();
        for (std::size_t i = 0; i < (address.ipv6 ? 16 : 4); ++i) address.ip[i] = in.u8();
        writer.mapped_address(address);
    }
    if (what & 64) writer.attribute(static_cast<std::uint16_t>(0x8100 + in.u8()), in.piece());
    const Bytes written = writer.finish(kPassword);
    ByteVector message(written.begin(), written.end());
    const auto read_back = StunMessage::parse(message);
    RIVERO_ASSERT(read_back && read_back->authentic(kPassword), "ours is read");
    RIVERO_ASSERT(!read_back->authentic("another password of ours"), "by who knows the password");
    RIVERO_ASSERT(read_back->username.has_value() == named &&
                      (!named || *read_back->username == as_text(name)),
                  "the name");
    RIVERO_ASSERT(read_back->use_candidate == ((what & 8) != 0), "USE-CANDIDATE");
    RIVERO_ASSERT(read_back->controlling == ((what & 2) ? std::optional{number} : std::nullopt),
                  "the role");
    // FINGERPRINT stands behind what is protected.
    const std::size_t at = in.u16() % (message.size() - 8);
    message[at] ^= static_cast<std::uint8_t>(1 + in.u8() % 255);
    const auto changed = StunMessage::parse(message);
    RIVERO_ASSERT(!changed || !changed->authentic(kPassword), "no byte can be changed");
}

}  // namespace

// The first byte: read what follows as a message, as a stream of frames (RFC 4571), or write one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    switch (in.below(3)) {
        case 0:
            read(in.rest());
            break;
        case 1: {
            Deframer deframer;
            while (in.more() && !deframer.broken()) {
                const ByteVector piece = in.piece();
                const MutableBytes room = deframer.room();
                const std::size_t n = std::min(piece.size(), room.size());
                std::copy_n(piece.begin(), n, room.begin());
                deframer.filled(n);
                while (auto frame = deframer.next()) {
                    RIVERO_ASSERT(!frame->empty() && frame->size() <= Deframer::kMaxFrame,
                                  "a frame has a size");
                    read(*frame);
                }
                RIVERO_ASSERT(deframer.broken() || !deframer.room().empty(), "there is room");
            }
            break;
        }
        default:
            write(in);
    }
    return 0;
}
