// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/dependency_descriptor.hpp"
#include "codec/layer_filter.hpp"
#include "codec/picture_ids.hpp"
#include "rivero/media/sink.hpp"
#include "rivero/rtcp/packets.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/keyframe_allowance.hpp"
#include "rivero/rtp/rate_meter.hpp"
#include "rivero/rtp/rtx.hpp"
#include "rivero/rtp/sender_state.hpp"
#include "rivero/rtp/stream_rewriter.hpp"
#include "sdp/negotiation.hpp"
#include "send_control.hpp"
#include "sent_pictures.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace rivero::webrtc {

/// Sends one kind of media to the peer: a sink whose packets get headers of the peer's own (SSRC,
/// payload type, numbers, extensions). RTC worker.
class SendTrack final : public media::Sink {
public:
    SendTrack(MediaType type, Ssrc ssrc, Ssrc rtx_ssrc);

    /// What was agreed. @param control of the transport; null while there is none. Lives as long as
    /// the track sends there
    void configure(const sdp::NegotiatedSection& section, SendControl* control);
    /// The transport is gone.
    void leave();
    /// The transport is connected (or no longer): packets can be sent.
    void set_connected(bool connected);
    /// The peer does not answer (or does again). What is sent goes on: it may hear us still.
    void set_silent(bool silent) { silent_ = silent; }
    void set_rtt(Duration rtt) { rtt_ = rtt; }
    /// The largest picture that the application wants the peer to get; what the peer itself has
    /// said of it counts as well. Empty: any.
    void set_largest(std::optional<Pixels> size);

    [[nodiscard]] std::vector<media::Acceptable> accepts() const override;
    [[nodiscard]] bool reaches_receiver() const override { return may_send() && !silent_; }
    void on_format(const media::Format& format) override;
    void on_detached() override;
    void on_packet(const rtp::PacketPtr& packet) override;
    void on_past_packet(const rtp::PacketPtr& packet, RtpTimestamp timestamp,
                        Time capture) override;
    [[nodiscard]] bool takes_past(std::size_t bytes) const override;
    void on_switch() override;

    /// Writes and sends what on_packet() has numbered, when its turn has come.
    void transmit(Time now, const Outgoing& outgoing);
    /// There is a stream that padding can be sent in, and something to fill it with.
    [[nodiscard]] bool can_pad() const { return may_send() && codec_->rtx && newest_.packet; }
    /// Sends something that the receiver can do without. @return bytes sent, 0 when that is not
    /// possible
    std::size_t send_padding(Time now);

    void on_nack(Time now, const rtcp::GenericNack& nack);
    enum class KeyframeRequest { pli, fir };
    void on_keyframe_request(Time now, KeyframeRequest kind);
    void on_report_block(Time now, const rtcp::ReportBlock& block);
    /// Feedback about what left over `control`.
    void on_feedback(const SendControl& control, const rtcp::TransportFeedback& feedback) {
        if (&control == control_) pictures_.on_feedback(feedback);
    }
    [[nodiscard]] std::optional<rtcp::SenderReport> make_report(Time now, rtcp::NtpTime wall_clock);

    [[nodiscard]] Ssrc ssrc() const { return state_.ssrc(); }
    [[nodiscard]] Ssrc rtx_ssrc() const { return rtx_.ssrc(); }
    [[nodiscard]] bool sends() const { return section_ && section_->accepted && section_->send; }

    struct Counters {
        std::uint64_t nacks = 0;      ///< NACK messages
        std::uint64_t nacked = 0;     ///< packets asked for in them
        std::uint64_t not_found = 0;  ///< of these: too old
        std::uint64_t plis = 0, firs = 0;
        std::uint64_t keyframes_refused = 0;  ///< of these: not passed on
        std::uint64_t unsent = 0;             ///< the transport refused
        std::uint64_t held_back =
            0;  ///< too much for the transport: left out up to the next key frame
        std::uint64_t switches = 0;  ///< between encodings of the source
        std::uint64_t pictures = 0;  ///< that were sent whole, as far as they came
        std::uint64_t keyframes = 0;
        std::uint64_t probes = 0, probe_bytes = 0;  ///< sent again without being asked for
    };
    [[nodiscard]] const Counters& counters() const { return counters_; }
    [[nodiscard]] const rtp::SenderState& state() const { return state_; }
    /// When its pictures were at the peer, as far as that tells.
    [[nodiscard]] const SentPictures& pictures() const { return pictures_; }
    /// In the last second.
    [[nodiscard]] std::optional<double> bytes_per_second() const { return byte_rate_.per_second(); }
    [[nodiscard]] std::optional<double> pictures_per_second() const {
        return picture_rate_.per_second();
    }
    /// Of scalable video: what is sent of it.
    [[nodiscard]] std::optional<codec::LayerFilter::Layer> layer() const {
        return layered_ ? std::optional{layers_.sent()} : std::nullopt;
    }

private:
    struct Resent {
        std::int64_t seq = -1;
        Time at;
    };
    void retransmit(Time now, SeqNum seq);
    /// What of the agreed codecs the format is sent as; none when it does not suit.
    void choose_codec(const media::Format& format);
    /// The limit in size of what is sent, as it is agreed and wanted now.
    void ask_for_size();
    /// The next packet is the first of a new source.
    void begin();
    /// What follows has nothing to do with the numbers, times and layers of before.
    void start_numbering();
    /// Whether the packet is of a stream that its sender began anew, and then what that means.
    void look_for_beginning(const rtp::Packet& packet);
    void hold_back(const rtp::Packet& packet);
    void see_keyframe(const rtp::Packet& packet);
    void forward(const rtp::PacketPtr& packet, RtpTimestamp timestamp, Time capture);
    /// Sends what belongs behind a packet and came before it.
    void follow(ExtSeqNum seq);
    /// A packet that is not sent. When the receiver waits for its number already it gets that.
    void withhold(const rtp::PacketPtr& packet, RtpTimestamp timestamp, Time capture);
    /// How much may be sent again in kResentWindow, in bytes.
    [[nodiscard]] std::size_t resend_budget() const;
    /// Pictures that this receiver got later than the others, under timestamps of their own.
    struct PastPicture {
        RtpTimestamp timestamp;
        RtpTimestamp shown;
    };
    void note_past(const PastPicture& picture);
    [[nodiscard]] std::vector<PastPicture>::const_iterator past_place(RtpTimestamp timestamp) const;
    /// Under which timestamp the receiver knows the picture of this one.
    [[nodiscard]] RtpTimestamp shown(RtpTimestamp timestamp) const;
    /// The header under which the packet is sent, the first time and again: with AEAD a number must
    /// never cover other bytes.
    [[nodiscard]] Outgoing outgoing(const rtp::PacketPtr& packet,
                                    const rtp::StreamRewriter::Rewritten& numbers,
                                    bool marker) const;
    /// What was sent up to this number of the source goes out with other bytes from now on.
    void changed_after(std::int64_t seq);
    /// What becomes of the packet of a layer for this receiver.
    [[nodiscard]] codec::LayerFilter::Verdict filter(const rtp::Packet& packet);
    /// Sends what waits until it is known whether its picture ends there.
    void release(bool ends);
    [[nodiscard]] rtp::OutgoingExtensions extensions_of(const rtp::Packet& packet) const;
    enum class Sent { first_time, again };
    /// What its dependency descriptor, if it has one, shall say to this receiver.
    void note_frame(Outgoing& out, Sent sent);
    [[nodiscard]] bool may_send() const { return connected_ && codec_ && control_; }
    [[nodiscard]] bwe::Priority priority() const {
        return type() == MediaType::audio ? bwe::Priority::audio : bwe::Priority::video;
    }

    std::optional<sdp::NegotiatedSection> section_;
    std::optional<Pixels> largest_;  ///< see set_largest()
    SendControl* control_ = nullptr;
    bool connected_ = false;
    bool silent_ = false;                          ///< see set_silent()
    const sdp::NegotiatedCodec* codec_ = nullptr;  ///< of section_: what comes in now
    rtp::ExtensionMap extensions_;
    rtp::StreamRewriter rewriter_;
    rtp::RtxSender rtx_;
    rtp::SenderState state_;
    codec::PictureIds picture_ids_;
    codec::FrameNumbers frame_numbers_;
    codec::LayerFilter layers_;
    std::optional<Outgoing> held_;  ///< see codec::TargetFilter::Verdict::send_when_known
    bool waiting_for_keyframe_ = true;
    bool begins_ = true;  ///< what is sent next is the first of its stream
    /// The transport was full: nothing up to the next key frame.
    bool held_back_ = false;
    Time asked_{};  ///< for that key frame, or it came
    static constexpr Duration kRoomAgain = 100ms;
    static constexpr Duration kAskAgain = 2s, kAskAgainMost = 16s;
    Duration ask_again_ = kAskAgain;
    std::optional<RtpTimestamp> resumed_at_;  ///< the key frame that what is sent now began with
    std::uint64_t keyframes_seen_ = 0;        ///< of the source, sent or not
    Time keyframe_there_{};                   ///< when the peer will have the newest one
    bool layer_wish_ = false;                 ///< for a key frame, not asked for yet
    Outgoing newest_;                         ///< a recent large packet, to fill padding with
    std::size_t newest_size_ = 0;
    Time newest_at_{};
    bool numbered_ = false;  ///< packets get transport-wide numbers
    /// Of the present source: the newest number that came, and the newest that cannot be repeated
    /// as it was. Without a retransmission stream a packet is sent again under its own number, and
    /// no cipher of SRTP may ever see two contents under one number.
    std::int64_t newest_seq_ = kNone, unrepeatable_ = kNone;
    static constexpr std::int64_t kBeginsAnew = 3000;  ///< as wide a gap is no loss
    static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
    Duration rtt_ = 50ms;
    /// What was sent again lately: a receiver that asks twice within a round trip gets it once.
    std::vector<Resent> resent_;  ///< kMaxNoted of them, from the first NACK on
    static constexpr std::size_t kMaxNoted = 1024;
    static constexpr Duration kResentWindow = 100ms;
    static constexpr std::size_t kMaxResent = 256 * 1024;  ///< bytes per window: 20 Mbit/s
    static constexpr std::size_t kLeastResent = 4 * 1024;
    Time resent_since_;
    std::size_t resent_bytes_ = 0;
    static constexpr std::size_t kMaxAskedAgain = 2048;  ///< numbers looked up per window
    std::size_t asked_again_ = 0;
    std::vector<PastPicture> past_;  ///< oldest first; no more than a group of the source has
    Counters counters_;
    rtp::KeyframeAllowance keyframe_allowance_;
    SentPictures pictures_;
    bool layered_ = false;
    rtp::RateMeter byte_rate_, picture_rate_;
};

}  // namespace rivero::webrtc
