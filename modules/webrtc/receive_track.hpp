// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/dependency_descriptor.hpp"
#include "codec/inspect.hpp"
#include "rivero/media/source.hpp"
#include "rivero/rtcp/packets.hpp"
#include "rivero/rtp/clock_sync.hpp"
#include "rivero/rtp/demuxer.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/header.hpp"
#include "rivero/rtp/keyframe_request_limiter.hpp"
#include "rivero/rtp/picture_meter.hpp"
#include "rivero/rtp/rate_meter.hpp"
#include "rivero/rtp/speech_detector.hpp"
#include "rivero/rtp/stream_receiver.hpp"
#include "sdp/negotiation.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace rivero::webrtc {

/// Receives one kind of media from the peer and pushes it into a source. Decides what the peer is
/// to be asked for; the peer's session sends it. RTC worker.
class ReceiveTrack {
public:
    /// @param clock of the peer; @param pool of packets; both outlive this
    ReceiveTrack(MediaType type, std::shared_ptr<media::Source> source, rtp::ClockSync& clock,
                 rtp::PacketPool& pool);

    void configure(const sdp::NegotiatedSection& section);
    /// A packet that lies in the storage of `packet`.
    void on_packet(Time now, const rtp::HeaderView& header, const rtp::Extensions& extensions,
                   const rtp::Demuxer::Route& route, rtp::PacketPtr packet);
    void on_sender_report(Time now, const rtcp::SenderReport& report);
    void on_bye(Ssrc ssrc);
    void set_rtt(Duration rtt);
    /// A receiver of the source wants a key frame, of the encodings that the source names.
    void request_keyframe(Time now);
    /// The most that those who get the packets as they come can take together, for the peer to send
    /// no more; empty: any.
    [[nodiscard]] std::optional<Bitrate> forward_limit() const;

    /// Somebody begins or ceases to speak there; a few times a second at most. Audio only.
    std::function<void(bool speaking, rtp::AudioLevel level)> on_speech;

    /// The peer cannot be heard any more.
    void end_speech();

    /// What is to be sent now: NACK, PLI or FIR.
    void poll(Time now, Ssrc sender, std::vector<rtcp::Message>& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    /// Report blocks of the sources that were heard since the last time.
    void report(Time now, std::vector<rtcp::ReportBlock>& out);

    [[nodiscard]] bool receives() const {
        return section_ && section_->accepted && section_->receive;
    }
    [[nodiscard]] const sdp::NegotiatedSection* section() const {
        return section_ ? &*section_ : nullptr;
    }
    [[nodiscard]] std::vector<Ssrc> ssrcs() const;
    /// Payload bytes so far, for the estimate of what the peer may send.
    [[nodiscard]] std::uint64_t bytes() const;

    struct StreamStats {
        Ssrc ssrc;
        Codec codec;
        rtp::ReceiveStatistics::Counters counters;
        double fraction_lost = 0;  ///< 0..1, in the last interval between two reports
        std::uint64_t nacks = 0;   ///< NACK messages sent
        std::uint64_t plis = 0, firs = 0;
        std::uint64_t recovered = 0;  ///< came by retransmission
        std::uint64_t keyframes = 0;
        std::string rid;  ///< of a simulcast sender
        std::optional<rtp::AudioLevel> audio_level;
        std::uint64_t redundant = 0, redundant_unused = 0;
        rtp::FreezeMeter pictures;            ///< of video: those that came whole
        std::uint32_t width = 0, height = 0;  ///< of the last key frame; 0 while unknown
        std::optional<double> bytes_per_second, pictures_per_second;
    };
    [[nodiscard]] std::vector<StreamStats> stats() const;
    struct Interval {
        std::int64_t packets = 0, lost = 0;
    };
    /// What was expected and lost between the last two reports.
    [[nodiscard]] Interval last_interval() const { return interval_; }

private:
    /// What one SSRC sends.
    struct Stream {
        Stream(Ssrc ssrc, const sdp::NegotiatedCodec& c, rtp::ClockSync& clock,
               const rtp::StreamReceiver::Settings& settings)
            : codec{&c}, receiver{ssrc, c.clock_rate, clock, settings}, inspector{c.codec} {}
        const sdp::NegotiatedCodec* codec;
        std::optional<std::size_t> encoding;  ///< of a simulcast sender
        /// What its packets are numbered from for the source: no two streams, not even of one SSRC
        /// before and after a BYE, share a number.
        std::int64_t first_number = 0;
        rtp::StreamReceiver receiver;
        codec::Inspector inspector;
        codec::DependencyReader dependencies;
        std::optional<rtp::AudioLevel> level;
        rtp::PictureMeter pictures;
        std::uint32_t width = 0, height = 0;
        rtp::RateMeter byte_rate, picture_rate;
        std::uint64_t keyframes = 0;
        std::uint64_t nacks = 0, plis = 0, firs = 0;
        double fraction_lost = 0;
        std::uint64_t packets_at_report = 0;
    };
    /// A stream takes the place of another when that has been silent for so long, and a codec that
    /// of another not more often than this: each change rebuilds what is behind the source.
    static constexpr Duration kSwitchInterval = 500ms;
    /// A peer cannot make us hold more than this per section.
    static constexpr std::size_t kMaxStreams = 8;

    [[nodiscard]] bool by_rid() const {
        return section_->simulcast && section_->remote_rids.size() > 1;
    }
    /// How many encodings of its picture the peer announces.
    [[nodiscard]] std::size_t encodings() const;
    [[nodiscard]] bool simulcast() const { return section_ && encodings() > 1; }
    /// Which of the source's encodings a stream is; empty when we do not know it.
    [[nodiscard]] std::optional<std::size_t> encoding_of(Ssrc ssrc, const std::string& rid) const;
    [[nodiscard]] Stream* stream_for(Time now, Ssrc ssrc, const sdp::NegotiatedCodec& codec,
                                     const rtp::Demuxer::Route& route);
    /// The stream that a retransmission stream repairs.
    [[nodiscard]] Stream* repaired_by(Ssrc rtx, const rtp::Demuxer::Route& route);
    /// The stream that a key frame of this encoding is asked of; null while it is not sent.
    [[nodiscard]] Stream* stream_of(std::size_t encoding) const;
    /// A packet with redundancy: what is missing before it goes first.
    void push_red(Stream& stream, rtp::PacketPtr packet);
    void push(Stream& stream, rtp::PacketPtr packet, bool padding);
    void inspect(Stream& stream, rtp::Packet& packet);
    void tell_speech(std::optional<bool> change) const;
    [[nodiscard]] media::Format format_of(const sdp::NegotiatedCodec& codec) const;

    const MediaType type_;
    std::shared_ptr<media::Source> source_;
    rtp::ClockSync& clock_;
    rtp::PacketPool& pool_;
    std::optional<sdp::NegotiatedSection> section_;
    std::map<std::uint32_t, std::unique_ptr<Stream>> streams_;
    std::int64_t streams_made_ = 0;
    std::optional<Ssrc> current_;                         ///< the stream that the source gets
    Time heard_;                                          ///< when it was heard last
    const sdp::NegotiatedCodec* pushed_codec_ = nullptr;  ///< of the source's format
    Time switched_;                                       ///< when the source got another format
    std::array<rtp::KeyframeRequestLimiter, media::Encodings::kMax> keyframes_;  ///< by encoding
    Duration rtt_ = 100ms;
    std::uint8_t fir_seq_ = 0;
    rtp::SpeechDetector speech_;
    Interval interval_;
};

}  // namespace rivero::webrtc
