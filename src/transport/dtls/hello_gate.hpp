// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "transport/dtls/clear_records.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace rivero::transport {

/// From OpenSSL's random numbers.
[[nodiscard]] HelloCookie new_hello_cookie();

/// Decides which ClientHello begins a handshake with our server, and which datagrams are its own.
///
/// A hello is in clear, and everybody who knows the peer's address can forge one. The first is
/// taken as it comes: it costs the peer no round trip, and nothing runs yet that it could disturb.
/// Each other has to bring the cookie that we send (RFC 6347 section 4.2.1): who cannot receive
/// what the peer receives can neither replace a handshake under way nor begin one beside what is
/// connected, however many he sends. Handshakes beyond a budget are not begun for anybody.
///
/// What follows the hello in clear (certificate, key exchange) can be forged as well, and a forged
/// piece that comes before the peer's ends the handshake: OpenSSL does not go back. The peer begins
/// anew, with a cookie, if it repeats its hello because it has not had our answer; if it has, it
/// repeats what we can no longer use until one of us gives up.
class HelloGate {
public:
    enum class Verdict {
        feed,       ///< for the association there is
        challenge,  ///< answer with hello_verify_request()
        begin,      ///< a new association, for a client that has shown its cookie
        wait,       ///< a fragment that has overtaken its beginning: offer it again behind it
        drop,
    };
    struct Counters {
        std::uint64_t challenged = 0;  ///< hellos without our cookie that were asked for it
        std::uint64_t begun = 0;       ///< handshakes that took the place of another
        std::uint64_t refused = 0;     ///< hellos with our cookie beyond the budget
        std::uint64_t dropped = 0;     ///< hellos, fragments and more that belong to nothing
    };

    /// A handshake costs us a signature and a key agreement: some 200 us.
    static constexpr int kBurst = 8;
    static constexpr Duration kOneMore = 1s;
    /// A cookie is good for every hello, so that a flood of forged ones needs no more of them.
    static constexpr int kChallenges = 8;
    static constexpr Duration kOneChallengeMore = 5ms;

    /// @param cookie random: nobody else may know it
    explicit HelloGate(const HelloCookie& cookie) : cookie_{cookie} {}

    /// @param hello of the datagram in question
    [[nodiscard]] Verdict judge(const ClientHello& hello, Time now);
    /// The handshake under way has come to an end, good or bad: a hello from now on means another.
    /// @param connected then its own hello is no other: a copy, or late
    void on_handshake_over(bool connected);

    [[nodiscard]] const HelloCookie& cookie() const { return cookie_; }
    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    /// So many at once, and then one more each time that so much time has passed.
    class Allowance {
    public:
        Allowance(int most, Duration one_more) : most_{most}, one_more_{one_more}, left_{most} {}
        [[nodiscard]] bool take(Time now);

    private:
        int most_;
        Duration one_more_;
        int left_;
        Time counted_{};  ///< up to here time has turned into `left_`
    };
    struct Handshake {
        std::array<std::uint8_t, 32> random;
        std::uint16_t message;
        std::uint32_t length;
        /// Another came while nobody had shown a cookie: fragments may be of either.
        bool doubtful = false;
    };
    [[nodiscard]] Verdict judge_first(const ClientHello& hello, Time now);
    [[nodiscard]] bool has_cookie(const ClientHello& hello) const;

    HelloCookie cookie_;
    std::optional<Handshake> under_way_;
    std::optional<Handshake> last_;  ///< the last that has connected
    bool over_ = false;              ///< the first is, with a hello or without
    Allowance handshakes_{kBurst, kOneMore};
    Allowance challenges_{kChallenges, kOneChallengeMore};
    Counters counters_;
};

}  // namespace rivero::transport
