// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/manual_loop.hpp"
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "transport/dtls_srtp_transport.hpp"

#include <array>
#include <deque>

using namespace rivero;
using namespace rivero::transport;

namespace {

/// A path that is there from the beginning and keeps what is sent. Not all of it is asked for by
/// every version of the interface: nothing says `override`.
class Path final : public IceTransport {
public:
    void set_listener(Listener* listener) { listener_ = listener; }
    [[nodiscard]] const IceCredentials& local_credentials() const { return credentials_; }
    [[nodiscard]] Result<void> gather() { return {}; }
    [[nodiscard]] Result<void> set_remote_credentials(const IceCredentials&) { return {}; }
    [[nodiscard]] Result<void> add_remote_candidate(std::string_view) { return {}; }
    [[nodiscard]] Result<void> add_remote_candidate(const IceCandidate&) { return {}; }
    void end_of_remote_candidates() {}
    [[nodiscard]] Result<void> restart(const IceCredentials&) { return {}; }
    [[nodiscard]] MutableBytes room() { return room_; }
    bool commit(std::size_t size) { return send(Bytes{room_}.first(size)); }
    std::size_t send(std::span<const Bytes> datagrams) {
        for (Bytes datagram : datagrams) {
            if (sent.size() < 64) sent.emplace_back(datagram.begin(), datagram.end());
        }
        return datagrams.size();
    }
    using IceTransport::send;
    [[nodiscard]] IceState state() const { return IceState::ready; }
    [[nodiscard]] const Counters& counters() const { return counters_; }

    void arrive(ByteVector datagram, Time now) {
        datagram.shrink_to_fit();
        listener_->on_datagram(datagram, now);
    }
    std::deque<ByteVector> sent;

private:
    Listener* listener_ = nullptr;
    std::array<std::uint8_t, 2048> room_;
    IceCredentials credentials_;
    Counters counters_;
};

struct Listener final : DtlsSrtpTransport::Listener {
    void on_local_candidate(std::string_view) override {}
    void on_gathering_done() override {}
    void on_ice_state(IceState) override {}
    void on_selected_pair(std::string_view, std::string_view) override {}
    void on_dtls_state(DtlsState, std::string_view) override {}
    void on_rtp(MutableBytes packet, Time) override {
        std::fill(packet.begin(), packet.end(), std::uint8_t{0});
    }
    void on_rtcp(Bytes, Time) override {}
};

struct End {
    End(Loop& loop, const Certificate& certificate)
        : path{new Path},
          transport{loop, std::unique_ptr<IceTransport>{path}, DtlsContext{certificate}} {
        transport.set_listener(&listener);
    }
    Listener listener;
    Path* path;  ///< the transport's
    DtlsSrtpTransport transport;
};

}  // namespace

// Two peers and a network that the input commands. A byte says who knows whom, then one byte for
// each step: whose datagram, and what happens to it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::array<Certificate, 2> certificates{Certificate::generate(),
                                                         Certificate::generate()};
    fuzz::Input in{data, size};
    gateway::test::ManualLoop loop;
    std::array<End, 2> ends{End{loop, certificates[0]}, End{loop, certificates[1]}};
    const std::uint8_t setup = in.u8();
    const bool wrong = setup & 1;  // the server expects somebody else
    const auto client_print = certificates[wrong ? 1 : 0].fingerprint();
    if (setup & 2)
        ends[1].transport.start_dtls_server();
    else
        ends[1].transport.start_dtls(DtlsRole::server, {client_print});
    if (!(setup & 4))
        ends[0].transport.start_dtls(DtlsRole::client, {certificates[1].fingerprint()});

    const Time now = Clock::now();
    for (int steps = 0; in.more() && steps < 100; ++steps) {
        const std::uint8_t step = in.u8();
        End& to = ends[step & 1];
        auto& queue = ends[(step & 1) ^ 1].path->sent;
        if ((step >> 1 & 7) == 7) {  // out of nowhere
            to.path->arrive(in.piece(), now);
            continue;
        }
        if ((step >> 1 & 7) == 6) {
            if (setup & 2) ends[1].transport.expect_peer({client_print});
            std::array<std::uint8_t, 200> buffer{0x80, 96, 0, 1};
            static_cast<void>(to.transport.send_rtp(buffer, 100));
            continue;
        }
        if (queue.empty()) continue;
        ByteVector datagram = queue.front();
        if ((step >> 1 & 7) != 5) queue.pop_front();  // 5: it will come again
        switch (step >> 1 & 7) {
            case 1:
                continue;  // lost
            case 2:
                if (!datagram.empty()) datagram[in.u16() % datagram.size()] ^= in.u8();
                break;
            case 3:
                datagram.resize(in.u16() % (datagram.size() + 1));
                break;
            case 4: {
                const ByteVector more = in.piece();
                datagram.insert(datagram.end(), more.begin(), more.end());
                break;
            }
            default:
                break;
        }
        to.path->arrive(std::move(datagram), now);
    }
    if (wrong)
        RIVERO_ASSERT(ends[1].transport.dtls_state() != DtlsState::connected,
                      "only the expected peer gets in");
    return 0;
}
