// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/packets.hpp"
#include "rivero/rtp/clock_sync.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/header.hpp"
#include "rivero/rtp/nack_generator.hpp"
#include "rivero/rtp/packet.hpp"
#include "rivero/rtp/receive_statistics.hpp"
#include "rivero/rtp/red.hpp"
#include "rivero/rtp/red_recovery.hpp"

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>

namespace rivero::rtp {

/// One received SSRC: from a header in a packet's storage to a packet that a source can push.
class StreamReceiver {
public:
    struct Settings {
        bool nack = false;  ///< the sender keeps packets for retransmission (a=rtcp-fb nack)
        Duration rtt = 100ms;
        NackGenerator::Settings nacks;
    };

    /// @param clock of the sender; the stream adds itself to it, and leaves it when it dies
    StreamReceiver(Ssrc ssrc, int clock_rate, ClockSync& clock, const Settings& settings);
    StreamReceiver(const StreamReceiver&) = delete;
    StreamReceiver& operator=(const StreamReceiver&) = delete;
    ~StreamReceiver();

    enum class Arrival {
        media,      ///< push it
        padding,    ///< nothing in it (a probe), but it has a number that receivers must not miss
        duplicate,  ///< drop it
        discarded,  ///< drop it: a number far off
    };

    /// A packet of this SSRC came. Fills in all of `packet` but `starts_keyframe` (the codec's
    /// matter; then call on_keyframe()).
    /// @param header, extensions of the RTP packet that lies in the storage of `packet`
    [[nodiscard]] Arrival on_packet(Time now, const HeaderView& header,
                                    const Extensions& extensions, Packet& packet);
    /// A retransmission of a packet of this SSRC came over `rtx_header`'s stream.
    /// @param payload_type the original one (apt=)
    [[nodiscard]] Arrival on_rtx(Time now, const HeaderView& rtx_header,
                                 const Extensions& extensions, PayloadType payload_type,
                                 Packet& packet);
    /// A packet of this SSRC came in an envelope of `audio/red`: `packet` becomes its primary
    /// block, which says how much of the envelope lies in front of it.
    /// @param payload_type that of the blocks; packets with others are refused
    [[nodiscard]] Arrival on_red(Time now, const HeaderView& header, const Extensions& extensions,
                                 PayloadType payload_type, Packet& packet);
    /// What a packet of before carried is in the envelope of a later one.
    /// @param later the packet that on_red() has just filled in; @param block of it, oldest first
    /// @return media when that packet is missing: then `packet` has become it
    [[nodiscard]] Arrival on_redundant(const Packet& later, const RedBlock& block, Packet& packet);
    void on_keyframe(const Packet& first) { nacks_.on_keyframe(first.seq); }
    void on_sender_report(Time now, const rtcp::SenderReport& report);
    void set_rtt(Duration rtt) { nacks_.set_rtt(rtt); }
    /// Settings::nack of a stream that goes on after it was negotiated anew.
    void set_nack(bool nack);

    [[nodiscard]] Ssrc ssrc() const { return ssrc_; }
    [[nodiscard]] ReceiveStatistics& statistics() { return statistics_; }
    [[nodiscard]] NackGenerator& nacks() { return nacks_; }
    /// Packets that came by retransmission only.
    [[nodiscard]] std::uint64_t recovered() const { return recovered_; }
    /// Redundant blocks that came, and those of them that were not needed.
    [[nodiscard]] std::uint64_t redundant() const { return redundant_; }
    [[nodiscard]] std::uint64_t redundant_unused() const { return redundant_unused_; }

private:
    Arrival fill(Time now, ExtSeqNum seq, const HeaderView& header, PayloadType payload_type,
                 Bytes payload, const Extensions& extensions, Packet& packet);
    [[nodiscard]] bool first_time(ExtSeqNum seq);

    Ssrc ssrc_;
    int clock_rate_;
    ClockSync& clock_;
    bool nack_;
    ReceiveStatistics statistics_;
    NackGenerator nacks_;
    std::uint64_t recovered_ = 0;
    std::uint64_t redundant_ = 0, redundant_unused_ = 0;
    std::unique_ptr<RedRecovery> recovery_;  ///< once there is redundancy
    /// Which of the last numbers came, to drop what comes twice (a packet and its retransmission).
    static constexpr std::int64_t kWindow = 2048;
    std::bitset<kWindow> seen_;
    std::optional<std::int64_t> newest_;
};

}  // namespace rivero::rtp
