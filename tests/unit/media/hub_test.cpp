// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What all hubs have in common, with a hub for tests.
#include "object_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rivero::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Everybody gets what comes into one port.
class Switch final : public Hub {
public:
    static constexpr const char* kClassName = "Switch";
    using Hub::Hub;

    void select(HubPort& port) {
        chosen_ = &own(port);
        for (HubPort* each : ports()) serve(*each);
    }
    std::vector<std::string> log;

private:
    void on_port_added(HubPort& port) override {
        log.push_back("+" + std::to_string(port.number()));
        serve(port);
    }
    void on_port_removed(HubPort& port) override {
        log.push_back("-" + std::to_string(port.number()));
        if (chosen_ != &port) return;
        chosen_ = nullptr;
        for (HubPort* each : ports()) serve(*each);
    }
    void serve(HubPort& port) {
        for (MediaType type : {MediaType::audio, MediaType::video, MediaType::data})
            port.set_outgoing(type, chosen_ ? chosen_->incoming(type) : nullptr);
    }
    HubPort* chosen_ = nullptr;
};

class HubTest : public testing::Test, public ObjectWorld {
protected:
    HubTest() {
        remote::remote_class<Switch>("Switch", remote::doc("For tests."))
            .extends<Hub>()
            .constructor<MediaPipeline&>(remote::arg("mediaPipeline"))
            .method("select", &Switch::select, remote::arg("source"), remote::doc("Chooses."))
            .add_to(registry);
        p = pipeline();
        hub = make<Switch>("Switch", p, *p);
        mute["MediaTranscodingStateChanged"] = mute["ElementConnected"] =
            mute["ElementDisconnected"] = true;
    }
    Json select(const std::shared_ptr<HubPort>& port) {
        return call(*hub, "select", {{"source", port->id()}});
    }
    /// An element that sends into a port, and one that gets what leaves there.
    struct Member {
        std::shared_ptr<HubPort> port;
        std::shared_ptr<TestElement> from, to;
    };
    Member join(Codec codec = Codec::vp8) {
        Member m{port(hub), element(p), element(p)};
        m.from->video_out->set_format(rtp(codec));
        call(*m.from, "connect", {{"sink", m.port->id()}});
        call(*m.port, "connect", {{"sink", m.to->id()}});
        return m;
    }
    std::shared_ptr<MediaPipeline> p;
    std::shared_ptr<Switch> hub;
};

TEST_F(HubTest, PortsAreChildrenWithNumbersThatAreNeverUsedAgain) {
    auto a = port(hub), b = port(hub);
    EXPECT_THAT(a->id(), StartsWith(hub->id() + "/"));
    EXPECT_EQ(call(*a, "getParent"), hub->id());
    EXPECT_EQ(call(*a, "getMediaPipeline"), p->id());
    EXPECT_EQ(call(*hub, "getChildren"), (Json{a->id(), b->id()}));
    EXPECT_EQ(call(*p, "getChildren"), Json{hub->id()});
    release(a);
    EXPECT_EQ(hub->ports(), std::vector{b.get()});
    auto c = port(hub);
    EXPECT_EQ(c->number(), 2);
    EXPECT_THAT(hub->log, ElementsAre("+0", "+1", "-0", "+2"));
}

TEST_F(HubTest, MediaIntoOnePortLeavesAtTheOthersAsTheHubSays) {
    auto a = join(), b = join();
    EXPECT_EQ(select(a.port), nullptr);
    a.from->video_out->push(packet(1));
    EXPECT_THAT(a.to->video_in->log, ElementsAre("rtp/VP8", "1"));
    EXPECT_THAT(b.to->video_in->log, ElementsAre("rtp/VP8", "1"));
    // Who is connected stays so when the hub changes its mind.
    b.to->video_in->log.clear();
    EXPECT_EQ(select(b.port), nullptr);
    a.from->video_out->push(packet(2));
    b.from->video_out->push(packet(3));
    EXPECT_THAT(b.to->video_in->log, ElementsAre("detached", "rtp/VP8", "3"));
    // A port that comes later, and one that is connected later.
    auto c = join();
    b.from->video_out->push(packet(4));
    EXPECT_THAT(c.to->video_in->log, ElementsAre("rtp/VP8", "4"));
}

TEST_F(HubTest, OneSourceAtManyPortsIsConvertedOnce) {
    auto a = join(), b = join();
    auto first = element(p, {Acceptable::frames(Codec::vp8)}),
         second = element(p, {Acceptable::frames(Codec::vp8)});
    call(*a.port, "connect", {{"sink", first->id()}, {"mediaType", "VIDEO"}});
    call(*b.port, "connect", {{"sink", second->id()}, {"mediaType", "VIDEO"}});
    select(a.port);
    const auto tree = a.port->incoming(MediaType::video)->tree();
    ASSERT_EQ(tree.size(), 2u);
    EXPECT_EQ(tree[1].made_by, "depacketize");
    EXPECT_EQ(tree[1].sinks.size(), 2u);
}

TEST_F(HubTest, APortTellsOfTheMediaThatPassesIt) {
    auto a = join(), b = join();
    select(a.port);
    loop.run();
    events.clear();
    a.from->video_out->push(packet(1));
    loop.run();
    EXPECT_EQ(call(*a.port, "isMediaFlowingIn", {{"mediaType", "VIDEO"}}), true);
    EXPECT_EQ(call(*b.port, "isMediaFlowingIn", {{"mediaType", "VIDEO"}}), false);
    EXPECT_EQ(call(*b.port, "isMediaFlowingOut", {{"mediaType", "VIDEO"}}), true);
    events.clear();
    select(b.port);  // from where nothing has come yet
    EXPECT_EQ(call(*b.port, "isMediaFlowingOut", {{"mediaType", "VIDEO"}}), false);
    EXPECT_THAT(take_events("state"),
                testing::Contains("MediaFlowOutStateChanged:NOT_FLOWING").Times(2));
}

TEST_F(HubTest, KeyFramesAreAskedOfWhoSendsIntoThePort) {
    int asked = 0;
    auto a = join();
    Source::Upstream upstream;
    upstream.request_keyframe = [&] { ++asked; };
    Source camera{graph, MediaType::video, std::move(upstream)};
    camera.set_format(rtp(Codec::vp8));
    camera.attach(*a.port->inputs().at(1).sink);
    select(a.port);
    a.to->video_in->request_keyframe();
    EXPECT_EQ(asked, 1);
}

TEST_F(HubTest, DataPassesLikeAllElse) {
    auto a = join(), b = join();
    select(a.port);
    Source chat{graph, MediaType::data, {}};
    Format format;
    format.type = MediaType::data;
    format.packing = Packing::frames;
    chat.set_format(format);
    chat.attach(*a.port->inputs().at(2).sink);
    auto reader =
        make_on_worker<NotingSink>(graph, MediaType::data, std::vector{Acceptable::any()});
    b.port->outputs().at(2).source->attach(*reader);
    gst::Frame message;
    message.buffer = gst::Buffer::adopt(gst_buffer_new_allocate(nullptr, 4, nullptr));
    chat.push(message);
    EXPECT_THAT(reader->log, ElementsAre("data", "frame"));
}

TEST_F(HubTest, ReleaseOfThePortThatIsShownLeavesTheOthersWithNothing) {
    auto a = join(), b = join();
    select(a.port);
    release(a.port);
    loop.run();
    EXPECT_THAT(b.to->video_in->log, ElementsAre("rtp/VP8", "detached"));
    EXPECT_EQ(call(*a.from, "getSinkConnections"), Json::array());
    a.from->video_out->push(packet(1));
    EXPECT_THAT(b.to->video_in->log, ElementsAre("rtp/VP8", "detached"));
}

TEST_F(HubTest, ReleaseOfTheHubTakesThePortsFirst) {
    auto a = join(), b = join();
    select(a.port);
    release(b.port);
    release(a.port);
    release(hub);
    loop.run();
    EXPECT_TRUE(hub->ports().empty());
    EXPECT_EQ(call(*a.from, "getSinkConnections"), Json::array());
}

TEST_F(HubTest, RefusesPortsOfOthersAndWhatIsNoPort) {
    auto other = make<Switch>("Switch", p, *p);
    auto foreign = port(other);
    auto mine = port(hub);  // of the same number
    EXPECT_EQ(foreign->number(), mine->number());
    EXPECT_THAT(select(foreign), StartsWith("40004: "));
    EXPECT_THAT(call(*hub, "select", {{"source", p->id()}}), StartsWith("40001: "));
    EXPECT_EQ(call(*hub, "select", {{"source", "gone"}}), "40101: Object 'gone' not found");
    // No element connects to the hub itself.
    EXPECT_THAT(call(*mine, "connect", {{"sink", hub->id()}}), StartsWith("40001: "));
    const auto* c = registry.find("HubPort");
    EXPECT_EQ(c->parent_parameter(), "hub");
    remote::ObjectInit init{"x", c, p, strand, this, this};
    EXPECT_THROW(static_cast<void>(c->construct(init, {{"hub", p->id()}}, *this)),
                 remote::RpcError);
}

TEST_F(HubTest, AFormatIsForcedOnTheWayIn) {
    auto a = join(Codec::h264);
    call(*a.port, "setVideoFormat",
         {{"caps", {{"codec", "H264"}, {"framerate", {{"numerator", 0}, {"denominator", 1}}}}}});
    EXPECT_EQ(to_string(*a.port->incoming(MediaType::video)->format()),
              "rtp/H264");  // it was so already
    call(*a.port, "setVideoFormat",
         {{"caps", {{"codec", "H264"}, {"framerate", {{"numerator", 15}, {"denominator", 1}}}}}});
    // A rate that nobody knows is made.
    EXPECT_EQ(to_string(*a.port->incoming(MediaType::video)->format()), "frames/H264");
    EXPECT_EQ(a.port->incoming(MediaType::video)->format()->framerate, 15);
    call(*a.port, "setVideoFormat",
         {{"caps", {{"codec", "RAW"}, {"framerate", {{"numerator", 15}, {"denominator", 1}}}}}});
    EXPECT_EQ(to_string(*a.port->incoming(MediaType::video)->format()), "raw/video");
}

TEST_F(HubTest, ThePictureShowsHowMediaGoesThroughTheHub) {
    auto a = join(), b = join();
    select(a.port);
    const std::string dot = call(*p, "getGstreamerDot");
    EXPECT_THAT(dot, HasSubstr("cluster_" + hub->id() + "\""));
    EXPECT_THAT(dot, HasSubstr("HubPort"));
    const std::string own = call(*hub, "getGstreamerDot", {{"details", "SHOW_STATES"}});
    EXPECT_THAT(own, StartsWith("digraph \"" + hub->id() + "\""));
    auto empty = make<Switch>("Switch", p, *p);
    EXPECT_THAT(call(*empty, "getGstreamerDot").get<std::string>(), StartsWith("digraph"));
}

}  // namespace
}  // namespace rivero::media
