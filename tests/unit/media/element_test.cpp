// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// MediaObject and MediaElement as clients see them.
#include "object_world.hpp"
#include "rivero/media/stats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

namespace rivero::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class ElementTest : public testing::Test, public ObjectWorld {
protected:
    std::shared_ptr<MediaPipeline> p = pipeline();
    std::shared_ptr<TestElement> a = element(p), b = element(p), c = element(p);

    std::vector<std::string> types(const Json& connections) {
        std::vector<std::string> list;
        for (auto& each : connections) list.push_back(each["type"]);
        return list;
    }
};

TEST_F(ElementTest, KnowsItsNameParentPipelineAndChildren) {
    EXPECT_EQ(call(*a, "getId"), a->id());
    EXPECT_EQ(call(*a, "getName"), a->id());
    call(*a, "setName", {{"name", "camera"}});
    EXPECT_EQ(call(*a, "getName"), "camera");
    EXPECT_EQ(call(*a, "getParent"), p->id());
    EXPECT_EQ(call(*p, "getParent"), nullptr);
    EXPECT_EQ(call(*p, "getMediaPipeline"), p->id());
    EXPECT_EQ(call(*a, "getMediaPipeline"), p->id());
    EXPECT_EQ(call(*p, "getChildren"), (Json{a->id(), b->id(), c->id()}));
    auto held = b;  // a call that is not over yet
    release(b);
    EXPECT_EQ(call(*p, "getChildren"), (Json{a->id(), c->id()}));
    EXPECT_TRUE(call(*a, "getCreationTime").is_number_integer());
    EXPECT_EQ(call(*a, "getSendTagsInEvents"), false);
}

TEST_F(ElementTest, KeepsTagsInTheOrderOfTheirKeys) {
    for (const char* key : {"b", "a", "c"}) call(*a, "addTag", {{"key", key}, {"value", 1}});
    call(*a, "addTag", {{"key", "b"}, {"value", "again"}});
    call(*a, "removeTag", {{"key", "c"}});
    EXPECT_EQ(call(*a, "removeTag", {{"key", "never"}}), nullptr);
    const Json tags = call(*a, "getTags");
    ASSERT_EQ(tags.size(), 2u);
    EXPECT_EQ(tags[0],
              (Json{{"__module__", "kurento"}, {"__type__", "Tag"}, {"key", "a"}, {"value", "1"}}));
    EXPECT_EQ(call(*a, "getTag", {{"key", "b"}}), "again");
    EXPECT_EQ(call(*a, "getTag", {{"key", "c"}}), "40110: Tag key 'c' not found");
}

TEST_F(ElementTest, EventsHaveAllTheirMembers) {
    call(*a, "addTag", {{"key", "room"}, {"value", "7"}});
    a->raise_error("STREAM_ERROR_DECODE", "It broke.", 3);
    call(*a, "setSendTagsInEvents", {{"sendTagsInEvents", true}});
    call(*a, "connect", {{"sink", b->id()}, {"mediaType", "AUDIO"}});
    ASSERT_EQ(events.size(), 2u);
    Json error = events[0].data;
    EXPECT_TRUE(error["timestampMillis"].is_string());
    error.erase("timestampMillis");
    EXPECT_EQ(error, (Json{{"source", a->id()},
                           {"tags", Json::array()},
                           {"type", "STREAM_ERROR_DECODE"},
                           {"description", "It broke."},
                           {"errorCode", 3}}));
    Json connected = events[1].data;
    connected.erase("timestampMillis");
    EXPECT_EQ(connected, (Json{{"source", a->id()},
                               {"sink", b->id()},
                               {"mediaType", "AUDIO"},
                               {"type", "ElementConnected"},
                               {"sourceMediaDescription", "default"},
                               {"sinkMediaDescription", "default"},
                               {"tags",
                                {{{"__module__", "kurento"},
                                  {"__type__", "Tag"},
                                  {"key", "room"},
                                  {"value", "7"}}}}}));
}

TEST_F(ElementTest, ConnectsAllKindsInOneGoAndListsThemByType) {
    EXPECT_EQ(call(*a, "connect", {{"sink", b->id()}}), nullptr);
    EXPECT_THAT(
        take_events("mediaType"),
        ElementsAre("ElementConnected:AUDIO", "ElementConnected:VIDEO", "ElementConnected:DATA"));
    EXPECT_THAT(types(call(*a, "getSinkConnections")), ElementsAre("AUDIO", "DATA", "VIDEO"));
    EXPECT_THAT(types(call(*b, "getSourceConnections")), ElementsAre("AUDIO", "DATA", "VIDEO"));
    EXPECT_EQ(call(*b, "getSourceConnections", {{"mediaType", "DATA"}})[0],
              (Json{{"__module__", "kurento"},
                    {"__type__", "ElementConnectionData"},
                    {"source", a->id()},
                    {"sink", b->id()},
                    {"type", "DATA"},
                    {"sourceDescription", "default"},
                    {"sinkDescription", "default"}}));
    EXPECT_EQ(call(*a, "getSinkConnections", {{"mediaType", "VIDEO"}, {"description", "other"}}),
              Json::array());
    EXPECT_EQ(call(*a, "disconnect", {{"sink", b->id()}, {"mediaType", "DATA"}}), nullptr);
    EXPECT_THAT(types(call(*a, "getSinkConnections")), ElementsAre("AUDIO", "VIDEO"));
    EXPECT_THAT(take_events("mediaType"), ElementsAre("ElementDisconnected:DATA"));
    // What is not connected is no error, and is told nevertheless.
    EXPECT_EQ(call(*a, "disconnect", {{"sink", c->id()}}), nullptr);
    EXPECT_THAT(take_events("mediaType"),
                ElementsAre("ElementDisconnected:AUDIO", "ElementDisconnected:VIDEO",
                            "ElementDisconnected:DATA"));
}

TEST_F(ElementTest, AnInputHasOneSourceAndAnOutputAnyNumberOfReceivers) {
    a->video_out->set_format(rtp(Codec::vp8));
    b->video_out->set_format(rtp(Codec::vp8));
    mute["MediaTranscodingStateChanged"] = mute["MediaFlowInStateChanged"] =
        mute["MediaFlowOutStateChanged"] = true;
    const Json to_c = {{"sink", c->id()}, {"mediaType", "VIDEO"}};
    call(*a, "connect", to_c);
    call(*a, "connect", {{"sink", b->id()}, {"mediaType", "VIDEO"}});
    take_events("source");
    call(*b, "connect", to_c);
    EXPECT_THAT(take_events("source"),
                ElementsAre("ElementDisconnected:" + a->id(), "ElementConnected:" + b->id()));
    EXPECT_EQ(call(*c, "getSourceConnections").size(), 1u);
    a->video_out->push(packet(1));
    b->video_out->push(packet(2));
    EXPECT_THAT(c->video_in->log, ElementsAre("rtp/VP8", "detached", "rtp/VP8", "2"));
    EXPECT_THAT(b->video_in->log, ElementsAre("rtp/VP8", "1"));
}

TEST_F(ElementTest, MayBeConnectedToItself) {
    a->video_out->set_format(rtp(Codec::vp8));
    call(*a, "connect", {{"sink", a->id()}});
    a->video_out->push(packet(1));
    EXPECT_THAT(a->video_in->log, ElementsAre("rtp/VP8", "1"));
    release(a);
    loop.run();
    a->video_out->push(packet(2));
    EXPECT_THAT(a->video_in->log, ElementsAre("rtp/VP8", "1", "detached"));
}

TEST_F(ElementTest, RefusesWhatCannotBeConnectedAndChangesNothing) {
    auto elsewhere = element(pipeline());
    EXPECT_THAT(call(*a, "connect", {{"sink", elsewhere->id()}}), StartsWith("40004: "));
    EXPECT_THAT(
        call(*a, "connect",
             {{"sink", b->id()}, {"mediaType", "VIDEO"}, {"sourceMediaDescription", "screen"}}),
        StartsWith("40004: "));
    EXPECT_THAT(
        call(*a, "connect",
             {{"sink", b->id()}, {"mediaType", "DATA"}, {"sourceMediaDescription", "chat"}}),
        StartsWith("40004: "));
    EXPECT_THAT(call(*a, "connect", {{"sink", p->id()}}),
                StartsWith("40001: 'sink' should be a MediaElement"));
    EXPECT_EQ(call(*a, "connect", {{"sink", "nobody"}}), "40101: Object 'nobody' not found");
    EXPECT_THAT(call(*a, "connect", {{"sink", "newref:0"}}), StartsWith("40109: "));
    EXPECT_EQ(call(*a, "getSinkConnections"), Json::array());
    EXPECT_TRUE(events.empty());
    // A parameter behind a missing one does not count.
    EXPECT_EQ(call(*a, "connect", {{"sink", b->id()}, {"sinkMediaDescription", "screen"}}),
              nullptr);
    EXPECT_EQ(call(*b, "getSourceConnections")[2]["sinkDescription"], "default");
}

TEST_F(ElementTest, AnInputMayComeAfterItsConnection) {
    a->video_out->set_format(rtp(Codec::vp8));
    const auto connect = [&](const std::string& description) {
        return call(*a, "connect",
                    {{"sink", b->id()},
                     {"mediaType", "VIDEO"},
                     {"sourceMediaDescription", "default"},
                     {"sinkMediaDescription", description}});
    };
    EXPECT_EQ(connect("screen"), nullptr);
    auto screen = b->give_input("screen");
    loop.run();
    EXPECT_THAT(screen->log, ElementsAre("rtp/VP8"));
    // But not as many as a client likes to invent.
    Json last;
    for (int i = 0; i < 100; ++i) last = connect("x" + std::to_string(i));
    EXPECT_THAT(last, StartsWith("40004: "));
    EXPECT_LE(call(*b, "getSourceConnections").size(), 64u);
}

TEST_F(ElementTest, ReleaseDisconnectsBothSidesAndTellsTheSources) {
    call(*a, "connect", {{"sink", b->id()}, {"mediaType", "VIDEO"}});
    call(*b, "connect", {{"sink", c->id()}, {"mediaType", "VIDEO"}});
    events.clear();
    release(b);
    EXPECT_THAT(take_events("source"),
                testing::UnorderedElementsAre("ElementDisconnected:" + a->id(),
                                              "ElementDisconnected:" + b->id()));
    EXPECT_EQ(call(*a, "getSinkConnections"), Json::array());
    EXPECT_EQ(call(*c, "getSourceConnections"), Json::array());
}

TEST_F(ElementTest, TellsWhenMediaBeginsAndCeasesToFlow) {
    mute["MediaTranscodingStateChanged"] = mute["ElementConnected"] = true;
    a->video_out->set_format(rtp(Codec::vp8));
    call(*a, "connect", {{"sink", b->id()}, {"mediaType", "VIDEO"}});
    a->video_out->push(packet(1));
    loop.run();
    EXPECT_THAT(take_events("state"),
                ElementsAre("MediaFlowOutStateChanged:FLOWING", "MediaFlowInStateChanged:FLOWING"));
    EXPECT_EQ(call(*b, "isMediaFlowingIn", {{"mediaType", "VIDEO"}}), true);
    EXPECT_EQ(call(*a, "isMediaFlowingOut",
                   {{"mediaType", "VIDEO"}, {"sourceMediaDescription", "default"}}),
              true);
    EXPECT_EQ(
        call(*a, "isMediaFlowingOut", {{"mediaType", "VIDEO"}, {"sourceMediaDescription", "none"}}),
        false);
    EXPECT_EQ(call(*a, "isMediaFlowingOut", {{"mediaType", "AUDIO"}}), false);
    EXPECT_THAT(call(*a, "isMediaFlowingOut", {{"mediaType", "DATA"}}), StartsWith("40107: "));
    EXPECT_THAT(call(*a, "isMediaFlowingIn", {{"mediaType", "DATA"}}), StartsWith("40107: "));
    EXPECT_EQ(call(*a, "isMediaFlowingIn"), "40001: 'operationParams' is required");
    a->video_out->push(packet(2));
    loop.advance(FlowMonitor::kPeriod);
    EXPECT_TRUE(events.empty());
    loop.advance(FlowMonitor::kPeriod);
    EXPECT_THAT(take_events("padName"),
                testing::UnorderedElementsAre("MediaFlowOutStateChanged:default",
                                              "MediaFlowInStateChanged:default"));
    EXPECT_EQ(call(*b, "isMediaFlowingIn", {{"mediaType", "VIDEO"}}), false);
}

TEST_F(ElementTest, TranscodingComesAndGoesWithWhoNeedsIt) {
    mute["ElementConnected"] = mute["ElementDisconnected"] = true;
    a->video_out->set_format(rtp(Codec::vp8));
    auto other = element(p, {Acceptable::raw()});
    call(*a, "connect", {{"sink", b->id()}, {"mediaType", "VIDEO"}});
    EXPECT_THAT(take_events("state"), ElementsAre("MediaTranscodingStateChanged:NOT_TRANSCODING"));
    call(*a, "connect", {{"sink", other->id()}, {"mediaType", "VIDEO"}});
    EXPECT_THAT(take_events("state"), ElementsAre("MediaTranscodingStateChanged:TRANSCODING"));
    for (const char* bin : {"default", "", "agnosticbin0"})
        EXPECT_EQ(call(*a, "isMediaTranscoding", {{"mediaType", "VIDEO"}, {"binName", bin}}), true)
            << bin;
    EXPECT_EQ(call(*a, "isMediaTranscoding", {{"mediaType", "AUDIO"}}), false);
    EXPECT_THAT(call(*a, "isMediaTranscoding", {{"mediaType", "DATA"}}), StartsWith("40107: "));
    call(*a, "disconnect", {{"sink", other->id()}, {"mediaType", "VIDEO"}});
    EXPECT_THAT(take_events("binName"), ElementsAre("MediaTranscodingStateChanged:default"));
    EXPECT_EQ(call(*a, "isMediaTranscoding", {{"mediaType", "VIDEO"}}), false);
}

TEST_F(ElementTest, AFormatThatIsSetNarrowsWhatComesIn) {
    auto both = element(p, {Acceptable::rtp(Codec::h264), Acceptable::rtp(Codec::vp8)});
    a->video_out->set_format(rtp(Codec::vp8));
    call(*both, "setVideoFormat",
         {{"caps", {{"codec", "VP8"}, {"framerate", {{"numerator", 15}, {"denominator", 1}}}}}});
    call(*a, "connect", {{"sink", both->id()}, {"mediaType", "VIDEO"}});
    EXPECT_THAT(both->video_in->log, ElementsAre("rtp/VP8"));
    // A codec that it does not take: nothing comes, and the client hears of it.
    events.clear();
    call(*both, "setVideoFormat",
         {{"caps", {{"codec", "VP9"}, {"framerate", {{"numerator", 15}, {"denominator", 1}}}}}});
    EXPECT_THAT(both->video_in->log, ElementsAre("rtp/VP8", "detached"));
    EXPECT_THAT(take_events("type"), testing::Contains("Error:STREAM_ERROR_FAILED"));
    EXPECT_EQ(call(*both, "setVideoFormat", {{"caps", {{"codec", "VP8"}}}}),
              "40001: 'framerate' property should be a object");
    EXPECT_THAT(call(*both, "setAudioFormat", {{"caps", {{"codec", "OPUS"}, {"bitrate", 0}}}}),
                StartsWith("40107: "));
}

TEST_F(ElementTest, EncoderBitratesStayWithinTheirBounds) {
    const auto get = [&](const char* which) {
        return call(*a, std::string{"get"} + which).get<int>();
    };
    EXPECT_EQ(get("EncoderBitrate"), 300000);
    EXPECT_EQ(get("MinEncoderBitrate"), 0);
    EXPECT_EQ(get("MaxEncoderBitrate"), 2147483647);
    call(*a, "setMinEncoderBitrate", {{"minEncoderBitrate", 500000}});
    EXPECT_EQ(get("EncoderBitrate"), 500000);
    call(*a, "setMaxEncoderBitrate", {{"maxEncoderBitrate", 400000}});
    EXPECT_EQ(get("MaxEncoderBitrate"), 500000);  // raised to the least
    call(*a, "setEncoderBitrate", {{"encoderBitrate", 900000}});
    EXPECT_EQ(get("EncoderBitrate"), 500000);
    call(*a, "setMinEncoderBitrate", {{"minEncoderBitrate", 600000}});
    EXPECT_EQ(get("MinEncoderBitrate"), 500000);  // cut to the most
    EXPECT_THAT(call(*a, "setEncoderBitrate", {{"encoderBitrate", -1}}), StartsWith("40107: "));
    EXPECT_EQ(get("EncoderBitrate"), 500000);
}

TEST_F(ElementTest, LatencyIsMeasuredFromTheArrivalWhileItIsAskedFor) {
    a->video_out->set_format(rtp(Codec::vp8));
    call(*a, "connect", {{"sink", b->id()}, {"mediaType", "VIDEO"}});
    a->video_out->push(packet(1));
    EXPECT_EQ(call(*b, "getStats"), nullptr);
    EXPECT_EQ(call(*p, "setLatencyStats", {{"latencyStats", true}}), nullptr);
    loop.run();
    auto late = packet(2);
    late->arrival = Clock::now() - 30ms;
    a->video_out->push(late);
    const Json stats = call(*b, "getStats");
    ASSERT_TRUE(stats.contains(b->id())) << stats;
    const Json& own = stats[b->id()];
    EXPECT_EQ(own["__type__"], "ElementStats");
    EXPECT_EQ(own["type"], "element");
    EXPECT_EQ(own["id"], b->id());
    EXPECT_TRUE(own["timestampMillis"].is_number_integer());
    ASSERT_EQ(own["inputLatency"].size(), 1u);
    EXPECT_EQ(own["inputLatency"][0]["name"], "sink_video_default");
    EXPECT_EQ(own["inputLatency"][0]["type"], "VIDEO");
    EXPECT_GE(own["inputLatency"][0]["avg"].get<double>(), 30e6);
    EXPECT_LT(own["inputLatency"][0]["avg"].get<double>(), 30e9);
    EXPECT_EQ(call(*b, "getStats", {{"mediaType", "AUDIO"}})[b->id()]["inputLatency"],
              Json::array());
    // Elements that come later are measured, too.
    auto d = element(p);
    call(*a, "connect", {{"sink", d->id()}, {"mediaType", "VIDEO"}});
    a->video_out->push(packet(3));
    EXPECT_EQ(call(*d, "getStats")[d->id()]["inputLatency"].size(), 1u);
    call(*p, "setLatencyStats", {{"latencyStats", false}});
    EXPECT_EQ(call(*b, "getStats"), nullptr);
}

TEST_F(ElementTest, LatencyCountsFromTheFirstElementOfAChain) {
    call(*p, "setLatencyStats", {{"latencyStats", true}});
    auto through = make_through(graph, MediaType::video);
    auto raw = element(p, {Acceptable::any()});
    Format format;
    format.type = MediaType::video;
    a->video_out->set_format(format);
    a->video_out->attach(*through.input);
    loop.run();
    through.output->attach(*raw->video_in);
    gst::Frame frame;
    frame.buffer = gst::Buffer::adopt(gst_buffer_new_allocate(nullptr, 4, nullptr));
    a->video_out->push(frame);
    ASSERT_TRUE(raw->video_in->last.entered);
    // It stays with the buffer on its way through GStreamer.
    const auto again = gst::frame_of(gst::buffer_of(raw->video_in->last));
    ASSERT_TRUE(again && again->entered);
    EXPECT_EQ(*again->entered, *raw->video_in->last.entered);
    EXPECT_FALSE(gst::frame_of(gst::buffer_of(frame))->entered);
    through.output->detach(*raw->video_in);
    a->video_out->detach(*through.input);
}

TEST_F(ElementTest, ManyObjectsComeAndGo) {
    std::vector<std::shared_ptr<TestElement>> many;
    for (int i = 0; i < 2000; ++i) {
        many.push_back(element(p));
        a->connect(*many.back(), std::nullopt, std::nullopt, std::nullopt);
    }
    loop.run();
    EXPECT_EQ(a->get_sink_connections(MediaType::video, std::nullopt).size(), 2000u);
    for (auto& each : many) release(each);
    many.clear();
    loop.run();
    EXPECT_TRUE(a->get_sink_connections(std::nullopt, std::nullopt).empty());
    EXPECT_EQ(p->get_children().size(), 3u);
}

TEST_F(ElementTest, ThePictureShowsTheTreeAndWhomItServes) {
    auto raw = element(p, {Acceptable::raw()});
    raw->set_name("a \"quoted\"\nname");
    a->video_out->set_format(rtp(Codec::vp8));
    call(*a, "connect", {{"sink", b->id()}, {"mediaType", "VIDEO"}});
    call(*a, "connect", {{"sink", raw->id()}, {"mediaType", "VIDEO"}});
    call(*a, "connect", {{"sink", c->id()}, {"mediaType", "AUDIO"}});
    const std::string all = call(*p, "getGstreamerDot");
    EXPECT_THAT(all, StartsWith("digraph \"" + p->id() + "\" {"));
    for (auto& each : {a, b, c, raw}) EXPECT_THAT(all, HasSubstr("cluster_" + each->id()));
    EXPECT_THAT(all, HasSubstr("depacketize: frames/VP8"));
    EXPECT_THAT(all, HasSubstr("decode: raw/video"));
    EXPECT_THAT(all, HasSubstr("a \\\"quoted\\\"\\lname"));
    EXPECT_THAT(all, HasSubstr("NOT_FLOWING"));
    EXPECT_THAT(all, HasSubstr("encoderBitrate: 300000"));
    EXPECT_THAT(all, HasSubstr("video/x-vp8"));
    const auto with = [&](const char* details) {
        return call(*p, "getGstreamerDot", {{"details", details}}).get<std::string>();
    };
    EXPECT_THAT(with("SHOW_STATES"),
                testing::AllOf(HasSubstr("FLOWING"), testing::Not(HasSubstr("Bitrate"))));
    EXPECT_THAT(with("SHOW_CAPS_DETAILS"),
                testing::AllOf(HasSubstr("video/x-vp8"), testing::Not(HasSubstr("FLOWING"))));
    EXPECT_THAT(with("SHOW_MEDIA_TYPE"),
                testing::AllOf(HasSubstr("label=\"rtp/VP8\""), testing::Not(HasSubstr("quoted"))));
    EXPECT_THAT(with("SHOW_NON_DEFAULT_PARAMS"),
                testing::AllOf(HasSubstr("quoted"), testing::Not(HasSubstr("Bitrate"))));
    EXPECT_THAT(with("SHOW_FULL_PARAMS"), HasSubstr("maxEncoderBitrate"));
    EXPECT_THAT(with("SHOW_ALL"),
                testing::AllOf(HasSubstr("FLOWING"), testing::Not(HasSubstr("maxEncoderBitrate"))));
    // Of one element: the others are there by name.
    const std::string one = call(*b, "getGstreamerDot");
    EXPECT_THAT(one, testing::Not(HasSubstr("cluster_" + a->id())));
    EXPECT_THAT(one, HasSubstr("\"" + a->id() + "\" [shape=ellipse"));
}

TEST_F(ElementTest, ThePictureIsWrittenWhereTheOperatorWantsIt) {
    ::unsetenv("GST_DEBUG_DUMP_DOT_DIR");
    EXPECT_THAT(call(*p, "dumpGstreamerDot"), StartsWith("40111: "));
    const std::string directory = testing::TempDir();
    ::setenv("GST_DEBUG_DUMP_DOT_DIR", directory.c_str(), 1);
    const auto dump = [&](MediaObject& object) {
        // The file is written on a thread of its own.
        std::optional<std::string> answer;
        ThreadLoop& reaper = graph.reaper;
        auto* op = object.remote_class().find_operation("dumpGstreamerDot");
        op->call(object, nullptr, *this).then([&](remote::Outcome<Json> o) {
            answer = o ? "" : text(o.error());
        });
        loop.run();
        std::promise<void> written;
        reaper.post([&] { written.set_value(); });
        written.get_future().wait();
        return answer.value_or("pending");
    };
    EXPECT_EQ(dump(*a), "");
    std::string name = a->id();
    std::replace(name.begin(), name.end(), '/', '_');
    std::ifstream file{directory + "/" + name + ".dot"};
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_THAT(text.str(), StartsWith("digraph"));
    std::filesystem::remove(directory + "/" + name + ".dot");
    ::setenv("GST_DEBUG_DUMP_DOT_DIR", "/nowhere", 1);
    EXPECT_THAT(dump(*p), StartsWith("40003: /nowhere/"));
    ::unsetenv("GST_DEBUG_DUMP_DOT_DIR");
}

}  // namespace
}  // namespace rivero::media
