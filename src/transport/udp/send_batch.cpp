// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/udp/send_batch.hpp"

#include "rivero/base/assert.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/ip.h>
#include <netinet/udp.h>

namespace rivero::transport {
namespace {

/// A turn that has gathered this much is sent at once: it still lies in the processor's cache, and
/// those who are first need not wait for the last. What is above is for times when the socket is
/// full.
constexpr std::size_t kFlushAt = 64 * 1024;
constexpr std::size_t kArena = 1024 * 1024;
constexpr std::size_t kMaxPackets = 4096;
/// UDP_MAX_SEGMENTS of kernels before 6.9, and what one IP datagram can hold.
constexpr std::uint16_t kMaxSegments = 64;
constexpr std::size_t kMaxSegmented = 65000;
constexpr std::size_t kMessagesPerCall = 64;
constexpr std::size_t kPacketsPerCall = 1024;  // UIO_MAXIOV holds for each message, not for all
constexpr std::size_t kAlignment = 64;
constexpr std::uint32_t kNone = 0xffffffff;
constexpr std::size_t kControl = CMSG_SPACE(sizeof(in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int));

/// Appends control messages to a header.
class Control {
public:
    explicit Control(msghdr& header, std::uint8_t* buffer) : header_{header}, buffer_{buffer} {
        header_.msg_control = nullptr;
        header_.msg_controllen = 0;
    }
    template <class T>
    void add(int level, int type, const T& value) {
        cmsghdr head{};
        head.cmsg_level = level;
        head.cmsg_type = type;
        head.cmsg_len = CMSG_LEN(sizeof value);
        std::uint8_t* at = buffer_ + header_.msg_controllen;
        std::memcpy(at, &head, sizeof head);
        std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
        header_.msg_control = buffer_;
        header_.msg_controllen += CMSG_SPACE(sizeof value);
    }

private:
    msghdr& header_;
    std::uint8_t* buffer_;
};

SocketAddress address_of(const SendBatch::Destination& to) {
    return SocketAddress::from(reinterpret_cast<const sockaddr&>(to.address));
}

void add_control(Control& control, const SendBatch::Destination& to) {
    if (to.source && to.source->ipv6) {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, to.source->ip.data(), 16);
        control.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
    } else if (to.source) {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, to.source->ip.data(), 4);
        control.add(IPPROTO_IP, IP_PKTINFO, info);
    }
    if (to.dscp) {
        const int value = *to.dscp << 2;
        if (to.address.sin6_family == AF_INET6) {
            control.add(IPPROTO_IPV6, IPV6_TCLASS, value);
        } else {
            control.add(IPPROTO_IP, IP_TOS, value);
        }
    }
}

}  // namespace

struct SendBatch::Scratch {
    std::array<mmsghdr, kMessagesPerCall> headers;
    std::array<iovec, kPacketsPerCall> vectors;
    alignas(cmsghdr) std::array<std::array<std::uint8_t, kControl>, kMessagesPerCall> control;
};

SendBatch::Destination::Destination(const SocketAddress& to, std::optional<SocketAddress> from,
                                    std::optional<std::uint8_t> code)
    : source{from}, dscp{code} {
    sockaddr_storage native{};
    size = static_cast<socklen_t>(to.write(native));
    std::memcpy(&address, &native, size);
}

SendBatch::SendBatch(int fd) : fd_{fd} {}

MutableBytes SendBatch::room() {
    if (!arena_) arena_.reset(new std::uint8_t[kArena]);  // not make_unique: that would clear it
    if (used_ + kMaxDatagram > kArena || packets_.size() >= kMaxPackets) {
        flush();
        if (used_ + kMaxDatagram > kArena || packets_.size() >= kMaxPackets) {
            ++counters_.refused;
            return {};
        }
    }
    return {arena_.get() + used_, kMaxDatagram};
}

void SendBatch::commit(const Destination& to, Lane& lane, std::size_t size) {
    RIVERO_ASSERT(size <= kMaxDatagram, "a datagram lies in the room that was given for it");
    const auto packet = static_cast<std::uint32_t>(packets_.size());
    packets_.push_back(
        {static_cast<std::uint32_t>(used_), kNone, static_cast<std::uint16_t>(size)});
    used_ += (size + kAlignment - 1) / kAlignment * kAlignment;
    if (lane.epoch == epoch_ && lane.message >= sent_) {
        Message& message = messages_[lane.message];
        // All segments but the last have one size.
        if (size <= message.segment && packets_[message.last].size == message.segment &&
            message.count < message.most && message.bytes + size <= kMaxSegmented) {
            packets_[message.last].next = packet;
            message.last = packet;
            message.bytes += static_cast<std::uint32_t>(size);
            ++message.count;
            if (used_ >= kFlushAt) flush();
            return;
        }
    }
    lane = {epoch_, static_cast<std::uint32_t>(messages_.size())};
    messages_.push_back({to, packet, packet, static_cast<std::uint32_t>(size),
                         static_cast<std::uint16_t>(size), 1,
                         segments(to) ? kMaxSegments : std::uint16_t{1}});
    if (used_ >= kFlushAt) flush();
}

bool SendBatch::segments(const Destination& to) {
    if (!segmentation_ || refusals_.none()) return segmentation_;
    return refusals_.allows(address_of(to), Clock::now());
}

std::size_t SendBatch::fill(Scratch& scratch, std::size_t from) const {
    std::size_t vectors = 0;
    std::size_t n = 0;
    for (; n < kMessagesPerCall && from + n < messages_.size(); ++n) {
        const Message& message = messages_[from + n];
        if (vectors + message.count > kPacketsPerCall) break;
        msghdr& header = scratch.headers[n].msg_hdr;
        header.msg_name = const_cast<sockaddr_in6*>(&message.to.address);  // only read
        header.msg_namelen = message.to.size;
        header.msg_iov = &scratch.vectors[vectors];
        header.msg_iovlen = message.count;
        header.msg_flags = 0;
        for (std::uint32_t p = message.first; p != kNone; p = packets_[p].next)
            scratch.vectors[vectors++] = {arena_.get() + packets_[p].offset, packets_[p].size};
        Control control{header, scratch.control[n].data()};
        add_control(control, message.to);
        if (message.count > 1) control.add(SOL_UDP, UDP_SEGMENT, message.segment);
    }
    return n;
}

bool SendBatch::flush() {
    if (messages_.empty()) return true;
    Scratch scratch;  // not cleared: it is written before it is read
    while (sent_ < messages_.size()) {
        const std::size_t n = fill(scratch, sent_);
        ++counters_.system_calls;
        const int result = sendmmsg(fd_, scratch.headers.data(), static_cast<unsigned>(n), 0);
        if (result > 0) {
            for (int i = 0; i < result; ++i)
                counters_.datagrams += messages_[sent_ + static_cast<std::size_t>(i)].count;
            counters_.messages += static_cast<std::uint64_t>(result);
            sent_ += static_cast<std::size_t>(result);
            continue;
        }
        const int error = errno;  // that of the first message
        if (error == EINTR) continue;
        if (error == EAGAIN || error == EWOULDBLOCK) {
            ++counters_.would_block;
            return false;
        }
        const Message& message = messages_[sent_];
        if (message.count > 1) {
            // No checksum offload (EIO), or segments longer than the path's MTU (EINVAL, EMSGSIZE).
            if (error == EIO) refusals_.add(address_of(message.to), Clock::now());
            send_one_by_one(message);
        } else {
            ++counters_.failed;
        }
        ++sent_;
    }
    reset();
    return true;
}

void SendBatch::send_one_by_one(const Message& message) {
    for (std::uint32_t p = message.first; p != kNone; p = packets_[p].next) {
        iovec vector{arena_.get() + packets_[p].offset, packets_[p].size};
        alignas(cmsghdr) std::array<std::uint8_t, kControl> buffer;
        msghdr header{};
        header.msg_name = const_cast<sockaddr_in6*>(&message.to.address);
        header.msg_namelen = message.to.size;
        header.msg_iov = &vector;
        header.msg_iovlen = 1;
        Control control{header, buffer.data()};
        add_control(control, message.to);
        ++counters_.system_calls;
        // A socket that fills up just here loses the rest of this message: rare, and counted.
        if (sendmsg(fd_, &header, 0) < 0) {
            ++counters_.failed;
        } else {
            ++counters_.datagrams;
            ++counters_.messages;
        }
    }
}

void SendBatch::reset() {
    messages_.clear();
    packets_.clear();
    used_ = 0;
    sent_ = 0;
    ++epoch_;
}

}  // namespace rivero::transport
