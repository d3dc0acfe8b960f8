// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/negotiation.hpp"
#include "test_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

// What becomes of a simulcast sender when the session is negotiated again, from either side.

namespace rivero::sdp {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kVideo = 1;

LocalCapabilities server() {
    auto capabilities = webrtc();
    capabilities.simulcast = true;
    return capabilities;
}

/// Of a browser that sends `layers`.
SessionDescription browser_offer(const std::string& layers = "q;h;f", const char* mid = "1") {
    auto text = stored("chromium_simulcast_offer");
    text.replace(text.find("send q;h;f"), 10, "send " + layers);
    auto offer = parsed(text);
    offer.media[kVideo].mid = offer.groups[0].mids[kVideo] = mid;
    return offer;
}

SessionDescription without_simulcast(SessionDescription description) {
    description.media[kVideo].rids.clear();
    description.media[kVideo].simulcast.reset();
    return description;
}

/// A session between us and a browser.
class SimulcastSender : public testing::Test {
protected:
    SimulcastSender() { answer(browser_offer()); }

    /// The browser offers.
    void answer(const SessionDescription& offer) {
        auto negotiated =
            answered(offer, server(), session_.sections.empty() ? nullptr : &session_);
        local_ = negotiated.answer;
        session_ = negotiated.session;
    }
    /// We offer, and the browser answers with these encodings; empty: without simulcast.
    void offer(const std::string& layers, const OfferOptions& options = {}) {
        local_ = make_reoffer(server(), options, local_, session_);
        auto browser = webrtc();
        browser.ice_ufrag = "LrpI";
        browser.ice_pwd = "AxsUik/MMLW0V8nmsBWWrqxb";
        browser.fingerprints = session_.transports[0].remote_fingerprints;
        auto reply = answered(parsed(print(local_)), browser).answer;
        for (auto& section : reply.media) section.setup = Setup::active;
        auto& video = reply.media[kVideo];
        if (!layers.empty()) {
            video.rids = browser_offer().media[kVideo].rids;
            video.simulcast = browser_offer(layers).media[kVideo].simulcast;
        }
        change_(video);
        auto applied = apply_answer(local_, parsed(print(reply)), server(), &session_);
        ASSERT_TRUE(applied) << applied.error().message;
        session_ = *applied;
    }
    /// `q;~h`, or nothing when it was not agreed on.
    [[nodiscard]] std::string agreed() const {
        const auto& video = session_.sections[kVideo];
        std::string text;
        for (auto& rid : video.simulcast ? video.remote_rids : std::vector<RemoteRid>{})
            text += (text.empty() ? "" : ";") + std::string{rid.paused ? "~" : ""} + rid.id;
        return text;
    }
    [[nodiscard]] std::string ours() const { return print(local_); }

    SessionDescription local_;
    NegotiatedSession session_;
    std::function<void(MediaSection&)> change_ = [](auto&) {};
};

TEST_F(SimulcastSender, GoesOnWhenWeOfferAgain) {
    for (int i = 0; i < 2; ++i) {
        offer("q;h;f");
        EXPECT_THAT(
            ours(),
            HasSubstr(
                "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n"));
        EXPECT_EQ(agreed(), "q;h;f");
    }
    answer(browser_offer());
    EXPECT_EQ(agreed(), "q;h;f");
    // The order is the peer's.
    answer(browser_offer("f;h;q"));
    offer("f;h;q");
    EXPECT_THAT(ours(), HasSubstr("a=simulcast:recv f;h;q\r\n"));
    EXPECT_EQ(agreed(), "f;h;q");
}

TEST_F(SimulcastSender, KeepsWhatThePeerPaused) {
    answer(browser_offer("q;h;~f"));
    EXPECT_THAT(ours(), HasSubstr("a=simulcast:recv q;h;~f\r\n"));
    offer("q;h;~f");
    EXPECT_THAT(ours(), HasSubstr("a=simulcast:recv q;h;~f\r\n"));
    EXPECT_EQ(agreed(), "q;h;~f");
    answer(browser_offer("q;h;f"));
    offer("q;h;f");
    EXPECT_THAT(ours(), HasSubstr("a=simulcast:recv q;h;f\r\n"));
}

TEST_F(SimulcastSender, ComesBackAfterAnAnswerWithoutIt) {
    offer("");
    EXPECT_EQ(agreed(), "");
    // By another offer of ours, or by one of the browser's, which takes the rest for paused.
    const auto [local, session] = std::pair{local_, session_};
    offer("q;h;f");
    EXPECT_THAT(ours(), HasSubstr("a=simulcast:recv q;h;f\r\n"));
    EXPECT_EQ(agreed(), "q;h;f");
    local_ = local;
    session_ = session;
    answer(browser_offer("q;~h;~f"));
    EXPECT_THAT(ours(), HasSubstr("a=simulcast:recv q;h;f\r\n"));
    EXPECT_EQ(agreed(), "q;h;f");
    // What it pauses from now on is what the application wants.
    answer(browser_offer("q;~h;~f"));
    EXPECT_EQ(agreed(), "q;~h;~f");
}

TEST_F(SimulcastSender, ComesBackAfterAnOfferWithoutIt) {
    answer(browser_offer("q;h;~f"));
    answer(without_simulcast(browser_offer()));
    EXPECT_EQ(agreed(), "");
    EXPECT_THAT(ours(), Not(HasSubstr("a=simulcast")));
    const auto [local, session] = std::pair{local_, session_};
    offer("q;h;~f");
    EXPECT_EQ(agreed(), "q;h;~f");
    local_ = local;
    session_ = session;
    answer(browser_offer("q;~h;~f"));
    EXPECT_EQ(agreed(), "q;h;~f") << "what was paused before stays so";
}

TEST_F(SimulcastSender, ComesBackWithTheVideoThatWasNotWantedMeanwhile) {
    // Video that tags the bundle is left inactive instead of rejected.
    auto turned = browser_offer();
    std::swap(turned.groups[0].mids[0], turned.groups[0].mids[kVideo]);
    answer(turned);
    offer("", {.video = false});
    ASSERT_EQ(local_.media[kVideo].direction, Direction::inactive);
    EXPECT_THAT(ours(), Not(HasSubstr("a=simulcast")));
    EXPECT_EQ(agreed(), "");
    offer("q;h;f");
    EXPECT_THAT(ours(), HasSubstr("a=simulcast:recv q;h;f\r\n"));
    EXPECT_EQ(agreed(), "q;h;f");
}

TEST_F(SimulcastSender, IsNotAskedOfAnotherPeerOrTrack) {
    answer(without_simulcast(browser_offer("q;h;f", "7")));
    offer("");
    EXPECT_THAT(ours(), Not(HasSubstr("a=simulcast")));
    answer(browser_offer());
    auto reloaded = without_simulcast(browser_offer());
    for (auto& section : reloaded.media) section.fingerprints = {{"sha-256", ByteVector(32, 0x11)}};
    answer(reloaded);
    offer("");
    EXPECT_THAT(ours(), Not(HasSubstr("a=simulcast")));
    // A first offer knows no names.
    EXPECT_THAT(print(make_offer(server())), Not(HasSubstr("a=simulcast")));
}

TEST_F(SimulcastSender, NeedsAnAnswerThatFits) {
    offer("q;x;f");
    EXPECT_EQ(agreed(), "q;f") << "an answer adds no encodings";
    offer("x;y");
    EXPECT_EQ(agreed(), "");
    // Without the header extension nobody can tell them apart.
    change_ = [](auto& video) {
        std::erase_if(video.extmaps,
                      [](auto& map) { return map.uri == uri(HeaderExtension::rid); });
    };
    offer("q;f");
    EXPECT_EQ(agreed(), "");
    change_ = [](auto& video) { video.direction = Direction::recvonly; };
    offer("q;f");
    EXPECT_EQ(agreed(), "");
    change_ = [](auto&) {};
    offer("q;f");
    EXPECT_EQ(agreed(), "q;f");
    // To an offer that does not ask for it, it means nothing.
    answer(without_simulcast(browser_offer("q;h;f", "7")));
    offer("q;h;f");
    EXPECT_EQ(agreed(), "");
}

}  // namespace
}  // namespace rivero::sdp
