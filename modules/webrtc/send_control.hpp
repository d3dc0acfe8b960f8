// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/controller.hpp"
#include "bwe/pacer.hpp"
#include "bwe/pacing_rate.hpp"
#include "codec/dependency_descriptor.hpp"
#include "codec/picture_ids.hpp"
#include "rivero/base/loop.hpp"
#include "rivero/rtp/header.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::webrtc {

class SendTrack;

/// A packet on its way out: numbered, but not yet written, since transport-wide numbers follow the
/// order of leaving.
struct Outgoing {
    rtp::PacketPtr packet;
    rtp::HeaderFields fields;
    codec::PictureIds::Ids ids;
    Codec codec{};
    std::optional<PayloadType> rtx;  ///< sent again, in the retransmission stream
    bool again = false;              ///< sent again, in whichever stream
    bool empty = false;              ///< only its number: what it carries is not for this receiver
    std::optional<PayloadType> red;  ///< with its redundancy, of blocks with this payload type
    Time capture;                    ///< that goes with the timestamp
    /// For its dependency descriptor, if it has one: see codec::rewrite_dependency_descriptor.
    std::optional<std::uint16_t> frame_number = {};
    codec::FrameNote frame_note = {};
};

/// Where packets leave: encrypts and sends.
class Outlet {
public:
    /// Room for one packet, until send(); empty when none can be sent now.
    [[nodiscard]] virtual MutableBytes room() = 0;
    /// @param size of what lies at the beginning of `room`: the RTP header and perhaps more
    /// @param rest of the packet; only read
    virtual bool send(MutableBytes room, std::size_t size, Bytes rest) = 0;

protected:
    ~Outlet() = default;
};

/// What leaves over one transport of a peer: gives it transport-wide numbers, spreads bursts over
/// time, and probes for more room. While the estimate is far above what is sent a packet passes
/// without being touched. RTC worker.
class SendControl {
public:
    /// @param outlet outlives this
    SendControl(Loop& worker, Outlet& outlet) : worker_{worker}, outlet_{outlet} {}
    SendControl(const SendControl&) = delete;
    SendControl& operator=(const SendControl&) = delete;

    /// @param transport_cc the peer gives transport-wide feedback
    void configure(bool transport_cc);
    /// Padding of probes is sent by this track, while it lives; null: by none.
    void set_padding(SendTrack* track) { padding_ = track; }
    /// The track sends over another transport from now on, or not at all.
    void forget(SendTrack& track);
    /// What the track wanted to send again and has not yet.
    void forget_resends(SendTrack& track);

    /// Sends at once or a little later. @return false when there is no room
    bool send(Time now, SendTrack& track, bwe::Priority priority, Outgoing outgoing);
    /// More waits than makes sense: what is not numbered yet should be left out.
    [[nodiscard]] bool full() const { return pacer_.full(); }
    /// A track leaves out what it would send, for that reason.
    void left_out(Time now);

    /// Whether so much on top of what is sent anyway is there soon.
    [[nodiscard]] bool takes_at_once(std::size_t bytes) const;
    /// A burst of the past follows: it is paced even while nothing is known of the way.
    void begin_burst();

    /// For tracks. @return the number that a packet of so many bytes gets; none when the peer gives
    /// no feedback
    [[nodiscard]] std::optional<SeqNum> number(Time now, std::size_t bytes);
    [[nodiscard]] Outlet& outlet() { return outlet_; }

    void on_feedback(Time now, const rtcp::TransportFeedback& feedback);
    /// @param most empty when the peer no longer says
    void on_remb(std::optional<Bitrate> most);
    void set_rtt(Duration rtt) { controller_.set_rtt(rtt); }
    /// What could be sent if there were room for it.
    void set_wanted(Bitrate wanted) { controller_.set_wanted(wanted); }

    /// What the transport carries; empty when nothing is known of it.
    [[nodiscard]] std::optional<Bitrate> estimate() const;
    /// The estimate was measured, or the peer has named it.
    [[nodiscard]] bool measured() const { return controller_.measured() || remb_; }
    [[nodiscard]] const bwe::Controller& controller() const { return controller_; }
    [[nodiscard]] Duration queue_delay(bwe::Priority priority = bwe::Priority::video) const {
        return pacer_.delay(priority);
    }
    /// Messages of feedback that spoke of more than a peer receives.
    [[nodiscard]] std::uint64_t feedback_ignored() const { return feedback_ignored_; }

private:
    struct Queued {
        SendTrack* track;
        Outgoing outgoing;
    };
    /// What was measured, or else what the peer says; empty while nothing is known.
    [[nodiscard]] std::optional<Bitrate> carried() const;
    [[nodiscard]] Bitrate pace() const;
    void update_rate();
    void run();
    void arm(Time now);

    Loop& worker_;
    Outlet& outlet_;
    bool transport_cc_ = false;
    bwe::Controller controller_;
    bwe::PacingRate pacing_;
    bwe::Pacer<Queued> pacer_;
    std::optional<Bitrate> remb_;
    bool burst_ = false;
    SendTrack* padding_ = nullptr;
    std::optional<Time> first_sent_;
    Time last_sent_{};
    Time feedback_since_{};
    std::size_t told_ = 0;  ///< packets that feedback spoke of since then
    std::uint64_t feedback_ignored_ = 0;
    Timer timer_;
    std::optional<Time> timer_due_;
};

}  // namespace rivero::webrtc
