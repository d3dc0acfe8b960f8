// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/acknowledged_rate.hpp"
#include "bwe/aimd.hpp"
#include "bwe/application_limit.hpp"
#include "bwe/bottleneck.hpp"
#include "bwe/inter_arrival.hpp"
#include "bwe/loss_based.hpp"
#include "bwe/probe_estimator.hpp"
#include "bwe/prober.hpp"
#include "bwe/sent_packets.hpp"
#include "bwe/trendline.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/packets.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace rivero::bwe {

/// How much one transport can carry to its peer: congestion control on the side of the sender (GCC,
/// draft-ietf-rmcat-gcc-02), fed by transport-wide feedback. The estimate is the least of what
/// delay, loss, the peer's own word (REMB) and the settings allow.
///
/// Sans-IO: whoever sends packets asks for their numbers, and for padding when a probe is on.
class Controller {
public:
    struct Settings {
        Bitrate start = Bitrate::kbps(600);
        Bitrate min = Bitrate::kbps(30);
        Bitrate max = Bitrate::kbps(50'000);
    };
    Controller() : Controller{Settings{}} {}
    explicit Controller(const Settings& settings);

    /// Forgets what was measured, after a time without feedback. Numbers go on: the peer would take
    /// lower ones for old.
    void restart();

    /// A packet is sent now. @return its transport-wide sequence number
    [[nodiscard]] SeqNum on_sent(Time now, std::size_t bytes);
    void on_feedback(Time now, const rtcp::TransportFeedback& feedback);
    /// What the peer wants to get at most, empty when it no longer says.
    /// draft-alvestrand-rmcat-remb-03.
    void on_remb(std::optional<Bitrate> most) { remb_ = most; }
    void set_rtt(Duration rtt);
    void set_max(Bitrate max) { max_ = static_cast<double>(max.bps); }
    /// What could be used if the estimate allowed it: probes go no higher, and none is sent while
    /// the estimate is above it.
    void set_wanted(Bitrate wanted) { prober_.set_wanted(static_cast<double>(wanted.bps)); }

    /// Bytes of padding that a probe needs now: 0 most of the time. Ask after each feedback, and
    /// every other millisecond while probing().
    /// @param can_pad there is a stream that padding can be sent in
    [[nodiscard]] std::size_t padding_due(Time now, bool can_pad);
    [[nodiscard]] bool probing() const { return probe_.has_value(); }

    [[nodiscard]] Bitrate estimate() const;
    /// Feedback has come: the estimate is measured, no guess.
    [[nodiscard]] bool measured() const { return last_feedback_.has_value(); }
    [[nodiscard]] double loss() const { return loss_.loss(); }
    [[nodiscard]] Usage usage() const { return trendline_.usage(); }
    [[nodiscard]] std::optional<Duration> rtt() const { return rtt_; }
    [[nodiscard]] std::optional<Bitrate> acknowledged() const;
    [[nodiscard]] std::size_t bytes_in_flight() const { return sent_.bytes_in_flight(); }

private:
    struct ActiveProbe {
        Probe probe;
        Time started;
        std::size_t bytes = 0;
        int packets = 0;
    };
    void update_delay_based(Time now, std::optional<double> probed);
    /// @return what of it is to be believed, bit/s
    double on_probed(Time now, double probed, std::optional<double> bottleneck);

    Settings settings_;
    double max_;
    SentPackets sent_;
    InterArrival inter_arrival_;
    Trendline trendline_;
    AcknowledgedRate acknowledged_;
    ApplicationLimit limit_;
    Bottleneck bottleneck_;
    Aimd aimd_;
    LossBased loss_;
    ProbeEstimator probe_estimator_;
    Prober prober_;
    std::optional<ActiveProbe> probe_;
    std::optional<Time> more_room_;  ///< when a probe found more than the bottleneck let through
    std::optional<Bitrate> remb_;
    std::optional<Duration> rtt_;
    std::optional<Time> last_feedback_;
    std::optional<Time> halved_;
    double estimate_;
    std::vector<PacketResult> arrived_;  ///< kept for its memory
};

}  // namespace rivero::bwe
