// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/sink.hpp"
#include "rivero/rtcp/packets.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/rtx.hpp"
#include "rivero/rtp/sender_state.hpp"
#include "rivero/rtp/stream_rewriter.hpp"
#include "sdp/negotiation.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rivero::webrtc {

/// Sends one kind of media to the peer: a sink whose packets get headers of the peer's own (SSRC, payload type, numbers,
/// extensions). RTC worker.
class SendTrack final : public media::Sink {
public:
    /// Encrypts and sends. @param packet of `size` bytes, then room for the authentication tag
    using Send = std::function<bool(MutableBytes packet, std::size_t size)>;

    SendTrack(MediaType type, Ssrc ssrc, Ssrc rtx_ssrc);

    /// What was agreed. @param send empty while there is no transport
    void configure(const sdp::NegotiatedSection& section, Send send);
    /// The transport is connected (or no longer): packets can be sent.
    void set_connected(bool connected);
    void set_rtt(Duration rtt) { rtt_ = rtt; }

    [[nodiscard]] std::vector<media::Acceptable> accepts() const override;
    void on_format(const media::Format& format) override;
    void on_detached() override;
    void on_packet(const rtp::PacketPtr& packet) override;

    void on_nack(Time now, const rtcp::GenericNack& nack);
    enum class KeyframeRequest { pli, fir };
    void on_keyframe_request(KeyframeRequest kind);
    void on_report_block(Time now, const rtcp::ReportBlock& block);
    [[nodiscard]] std::optional<rtcp::SenderReport> make_report(Time now, rtcp::NtpTime wall_clock);

    [[nodiscard]] Ssrc ssrc() const { return state_.ssrc(); }
    [[nodiscard]] Ssrc rtx_ssrc() const { return rtx_.ssrc(); }
    [[nodiscard]] bool sends() const { return section_ && section_->accepted && section_->send; }

    struct Counters {
        std::uint64_t nacks = 0;         ///< NACK messages
        std::uint64_t nacked = 0;        ///< packets asked for in them
        std::uint64_t not_found = 0;     ///< of these: too old
        std::uint64_t plis = 0, firs = 0;
        std::uint64_t unsent = 0;        ///< the transport refused
    };
    [[nodiscard]] const Counters& counters() const { return counters_; }
    [[nodiscard]] const rtp::SenderState& state() const { return state_; }

private:
    struct Resent {
        std::int64_t seq = -1;
        Time at;
    };
    void retransmit(Time now, SeqNum seq);
    /// What of the agreed codecs the format is sent as; none when it does not suit.
    void choose_codec(const media::Format& format);
    /// The next packet is the first of a new source.
    void begin();
    [[nodiscard]] rtp::OutgoingExtensions extensions_of(const rtp::Packet& packet) const;
    [[nodiscard]] bool may_send() const { return connected_ && codec_ && send_; }

    std::optional<sdp::NegotiatedSection> section_;
    Send send_;
    bool connected_ = false;
    const sdp::NegotiatedCodec* codec_ = nullptr;  ///< of section_: what comes in now
    rtp::ExtensionMap extensions_;
    rtp::StreamRewriter rewriter_;
    rtp::RtxSender rtx_;
    rtp::SenderState state_;
    bool waiting_for_keyframe_ = true;
    Duration rtt_ = 50ms;
    /// What was sent again lately: a receiver that asks twice within a round trip gets it once.
    std::array<Resent, 1024> resent_{};
    static constexpr Duration kResentWindow = 100ms;
    static constexpr std::size_t kMaxResent = 256 * 1024;  ///< bytes per window: 20 Mbit/s
    Time resent_since_;
    std::size_t resent_bytes_ = 0;
    /// Copies that only this receiver got, for its NACKs.
    static constexpr std::size_t kMaxReplayed = 1024;
    std::vector<rtp::PacketPtr> replayed_;
    Counters counters_;
};

}  // namespace rivero::webrtc
