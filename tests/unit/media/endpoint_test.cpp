// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The base classes of endpoints: which call may follow which, and what URIs mean.
#include "rivero/media/endpoint.hpp"

#include "object_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rivero::media {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class TestSdpEndpoint final : public BaseRtpEndpoint {
public:
    static constexpr const char* kClassName = "TestSdpEndpoint";
    using BaseRtpEndpoint::BaseRtpEndpoint;
    using BaseRtpEndpoint::become;
    void request_keyframe() override {}
    bool refuse = false;

private:
    Result<std::string> make_offer(const OfferOptions& options) override {
        if (refuse) return failure("no ports");
        return std::string{options.offerToReceiveAudio.value_or(true) ? "a" : "-"} +
               (options.offerToReceiveVideo.value_or(true) ? "v" : "-");
    }
    Result<std::string> answer_offer(const std::string& offer) override {
        if (refuse) return failure("nothing in common");
        return "answer to " + offer;
    }
    Result<void> apply_answer(const std::string&) override {
        if (refuse) return failure("nothing in common");
        return {};
    }
    void check_readable(const std::string& sdp) override {
        if (!sdp.starts_with("v=0"))
            throw remote::RpcError{remote::ErrorCode::sdp_parse_error, "no SDP"};
    }
    std::string local_description() override { return "local"; }
    std::string remote_description() override { return "remote"; }
};

class TestUriEndpoint final : public UriEndpoint {
public:
    static constexpr const char* kClassName = "TestUriEndpoint";
    using UriEndpoint::address;
    using UriEndpoint::become;
    using UriEndpoint::UriEndpoint;
    void pause() override { become(UriEndpointState::pause); }
    void stop() override { become(UriEndpointState::stop); }
};

class EndpointTest : public testing::Test, public ObjectWorld {
protected:
    EndpointTest() {
        remote::remote_class<TestSdpEndpoint>("TestSdpEndpoint", remote::doc("For tests."))
            .extends<BaseRtpEndpoint>()
            .add_to(registry);
        remote::remote_class<TestUriEndpoint>("TestUriEndpoint", remote::doc("For tests."))
            .extends<UriEndpoint>()
            .add_to(registry);
        p = pipeline();
    }
    std::shared_ptr<TestSdpEndpoint> sdp() {
        return make<TestSdpEndpoint>("TestSdpEndpoint", p, *p);
    }
    std::shared_ptr<TestUriEndpoint> uri(const std::string& text) {
        return make<TestUriEndpoint>("TestUriEndpoint", p, *p, text);
    }
    std::shared_ptr<MediaPipeline> p;
};

TEST_F(EndpointTest, AnOfferIsMadeOnceAndAnsweredOnce) {
    auto e = sdp();
    EXPECT_THAT(call(*e, "getLocalSessionDescriptor"), StartsWith("40202: "));
    EXPECT_THAT(call(*e, "getRemoteSessionDescriptor"), StartsWith("40203: "));
    EXPECT_THAT(call(*e, "processAnswer", {{"answer", "v=0"}}), StartsWith("40209: "));
    EXPECT_THAT(call(*e, "processAnswer", {{"answer", ""}}), StartsWith("40201: "));
    // Sections that are not mentioned are wanted.
    EXPECT_EQ(call(*e, "generateOffer", {{"options", {{"offerToReceiveVideo", false}}}}), "a-");
    EXPECT_THAT(call(*e, "generateOffer"), StartsWith("40208: "));
    EXPECT_THAT(call(*e, "processOffer", {{"offer", "v=0"}}), StartsWith("40208: "));
    EXPECT_EQ(call(*e, "getLocalSessionDescriptor"), "local");
    EXPECT_THAT(call(*e, "getRemoteSessionDescriptor"), StartsWith("40203: "));
    EXPECT_THAT(call(*e, "processAnswer", {{"answer", "x"}}), StartsWith("40201: "));
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(call(*e, "processAnswer", {{"answer", "v=0"}}), "local");
    EXPECT_THAT(take_events("type"), ElementsAre("MediaSessionStarted:MediaSessionStarted"));
    EXPECT_THAT(call(*e, "processAnswer", {{"answer", "v=0"}}), StartsWith("40210: "));
    EXPECT_EQ(call(*e, "getRemoteSessionDescriptor"), "remote");
}

TEST_F(EndpointTest, AnOfferOfThePeerIsAnsweredWhenItCanBe) {
    auto e = sdp();
    EXPECT_THAT(call(*e, "processOffer", {{"offer", ""}}), StartsWith("40201: "));
    EXPECT_THAT(call(*e, "processOffer", {{"offer", "x"}}), StartsWith("40201: "));
    e->refuse = true;
    EXPECT_THAT(call(*e, "processOffer", {{"offer", "v=0"}}), StartsWith("40205: "));
    EXPECT_THAT(call(*e, "generateOffer"), StartsWith("40204: "));
    e->refuse = false;  // what has failed may be tried again
    EXPECT_EQ(call(*e, "processOffer", {{"offer", "v=0"}}), "answer to v=0");
    EXPECT_THAT(call(*e, "processOffer", {{"offer", "x"}}), StartsWith("40201: "));
    EXPECT_THAT(take_events("type"), ElementsAre("MediaSessionStarted:MediaSessionStarted"));
}

TEST_F(EndpointTest, AnAnswerThatCannotBeAppliedIsTheOnlyOne) {
    auto e = sdp();
    EXPECT_EQ(call(*e, "generateOffer", Json::object()), "av");
    e->refuse = true;
    EXPECT_THAT(call(*e, "processAnswer", {{"answer", "v=0"}}), StartsWith("40206: "));
    e->refuse = false;
    EXPECT_THAT(call(*e, "processAnswer", {{"answer", "v=0"}}), StartsWith("40210: "));
}

TEST_F(EndpointTest, BandwidthsKeepTheirBounds) {
    auto e = sdp();
    EXPECT_EQ(call(*e, "getMinVideoSendBandwidth"), 100);
    EXPECT_EQ(call(*e, "getMaxVideoSendBandwidth"), 500);
    call(*e, "setMinVideoSendBandwidth", {{"minVideoSendBandwidth", 900}});
    EXPECT_EQ(call(*e, "getMinVideoSendBandwidth"), 500);
    call(*e, "setMaxVideoSendBandwidth", {{"maxVideoSendBandwidth", 0}});
    EXPECT_EQ(call(*e, "getMaxVideoSendBandwidth"), 0);
    call(*e, "setMaxVideoRecvBandwidth", {{"maxVideoRecvBandwidth", 300}});
    call(*e, "setMinVideoRecvBandwidth", {{"minVideoRecvBandwidth", 400}});
    EXPECT_EQ(call(*e, "getMinVideoRecvBandwidth"), 300);
    EXPECT_THAT(call(*e, "setMaxAudioRecvBandwidth", {{"maxAudioRecvBandwidth", -1}}),
                StartsWith("40107: "));
    EXPECT_EQ(call(*e, "getMtu"), 1200);
    EXPECT_THAT(call(*e, "setMtu", {{"mtu", 9000}}), StartsWith("40107: "));
    // Nothing was set: an object without members of its own.
    EXPECT_EQ(call(*e, "getRembParams"),
              (Json{{"__module__", "kurento"}, {"__type__", "RembParams"}}));
    call(*e, "setRembParams", {{"rembParams", {{"upLosses", 5}, {"exponentialFactor", 0.04}}}});
    const Json params = call(*e, "getRembParams");
    EXPECT_EQ(params["upLosses"], 5);
    EXPECT_EQ(params["exponentialFactor"].dump(), "0.03999999910593033");
    EXPECT_FALSE(params.contains("linealFactorMin"));
}

TEST_F(EndpointTest, StatesAreToldWhenTheyChange) {
    auto e = sdp();
    e->become(ConnectionState::connected);
    e->become(ConnectionState::connected);
    e->become(MediaState::connected);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].data["oldState"], "DISCONNECTED");
    EXPECT_EQ(events[0].data["newState"], "CONNECTED");
    EXPECT_EQ(events[1].type, "MediaStateChanged");
    EXPECT_EQ(call(*e, "getMediaState"), "CONNECTED");
}

TEST_F(EndpointTest, UrisWithoutASchemeAreBelowTheDefaultPath) {
    const auto address = [&](const std::string& text) { return uri(text)->address(); };
    EXPECT_EQ(address("http://a/b"), "http://a/b");
    EXPECT_EQ(address("file:///a"), "file:///a");
    EXPECT_EQ(address("a/b.webm"), "file:///media/a/b.webm");
    EXPECT_EQ(address("/a.webm"), "file:///media/a.webm");
    EXPECT_EQ(address("a%2Fb%2Fc"), "file:///media/a/b/c");
    EXPECT_EQ(address("a%2fb"), "file:///media/a%2fb");
    EXPECT_EQ(address("://x"), "file:///media/://x");
    EXPECT_EQ(address("rtsp:%2F%2Fhost%2Fx"), "rtsp://host/x");
    EXPECT_EQ(call(*uri("a%2Fb"), "getUri"), "a/b");
}

TEST_F(EndpointTest, AUriEndpointBeginsStoppedAndTellsRealChanges) {
    auto e = uri("a");
    EXPECT_EQ(call(*e, "getState"), "STOP");
    EXPECT_EQ(call(*e, "stop"), nullptr);
    EXPECT_TRUE(events.empty());
    e->become(UriEndpointState::start);
    EXPECT_EQ(call(*e, "pause"), nullptr);
    EXPECT_EQ(call(*e, "pause"), nullptr);
    EXPECT_EQ(call(*e, "stop"), nullptr);
    EXPECT_THAT(take_events("state"),
                ElementsAre("UriEndpointStateChanged:START", "UriEndpointStateChanged:PAUSE",
                            "UriEndpointStateChanged:STOP"));
}

TEST_F(EndpointTest, EndpointsTellTheWholeLatency) {
    auto e = sdp();
    call(*p, "setLatencyStats", {{"latencyStats", true}});
    const Json stats = call(*e, "getStats")[e->id()];
    EXPECT_EQ(stats["__type__"], "EndpointStats");
    EXPECT_EQ(stats["type"], "endpoint");
    EXPECT_EQ(stats["E2ELatency"], Json::array());
}

}  // namespace
}  // namespace rivero::media
