// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manual_loop.hpp"
#include "rivero/gst/glib_loop.hpp"
#include "rivero/gst/init.hpp"
#include "rivero/media/declare.hpp"
#include "rivero/media/element.hpp"
#include "rivero/media/hub_port.hpp"
#include "rivero/media/relay.hpp"
#include "rivero/remote/builder.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rivero::media {

/// A sink that notes what it gets and how long that was under way.
class NotingSink final : public Sink {
public:
    NotingSink(MediaType type, std::vector<Acceptable> wishes)
        : Sink{type}, wishes_{std::move(wishes)} {}
    [[nodiscard]] std::vector<Acceptable> accepts() const override { return wishes_; }
    void on_format(const Format& format) override { log.push_back(to_string(format)); }
    void on_detached() override { log.push_back("detached"); }
    void on_packet(const rtp::PacketPtr& packet) override {
        log.push_back(std::to_string(packet->seq.value));
    }
    void on_frame(const gst::Frame& frame) override {
        log.push_back("frame");
        last = frame;
    }
    void on_end_of_stream() override { log.push_back("end"); }
    std::vector<std::string> log;
    gst::Frame last;

private:
    std::vector<Acceptable> wishes_;
};

/// An element for tests: sources and sinks that the test pushes and reads itself.
class TestElement final : public MediaElement {
public:
    static constexpr const char* kClassName = "TestElement";

    TestElement(remote::ObjectInit init, MediaPipeline& pipeline, std::vector<Acceptable> wishes)
        : MediaElement{std::move(init), pipeline} {
        audio_out = add_output(MediaType::audio);
        video_out = add_output(MediaType::video);
        video_in = make_on_worker<NotingSink>(graph(), MediaType::video, std::move(wishes));
        add_input(video_in);
    }
    std::shared_ptr<NotingSink> give_input(const std::string& description) {
        auto sink =
            make_on_worker<NotingSink>(graph(), MediaType::video, std::vector{Acceptable::any()});
        add_input(sink, description);
        return sink;
    }
    std::shared_ptr<Source> audio_out, video_out;
    std::shared_ptr<NotingSink> video_in;
};

/// Objects on a loop that the test turns: strand and worker are the same.
class ObjectWorld : public remote::EventSink, public remote::Directory {
public:
    ObjectWorld()
        : graph{loop},
          services{unused_worker, graph, {{"uri", {{"defaultPath", "file:///media/"}}}}} {
        gst::initialise();
        declare_core(registry, services);
        remote::remote_class<TestElement>("TestElement", remote::doc("For tests."))
            .extends<MediaElement>()
            .add_to(registry);
    }
    ~ObjectWorld() override {
        for (auto it = objects.rbegin(); it != objects.rend(); ++it) it->second->release();
        loop.run();
        objects.clear();
        loop.run();
    }

    /// @param extra what the constructor wants after its parent, if it has one
    template <class T, class... P>
    std::shared_ptr<T> make(const char* name, std::shared_ptr<MediaObject> parent, P&&... p) {
        const std::string id =
            (parent ? parent->id() + "/" : "") + std::to_string(++last_) + "_kurento." + name;
        remote::ObjectInit init{id, registry.find(name), parent, strand, this, this};
        auto object = remote::make_on_strand<T>(std::move(init), std::forward<P>(p)...);
        objects[id] = object;
        if (parent) adopt_child(*parent, object);
        return object;
    }
    std::shared_ptr<MediaPipeline> pipeline() {
        return make<MediaPipeline>("MediaPipeline", nullptr, services);
    }
    std::shared_ptr<TestElement> element(const std::shared_ptr<MediaPipeline>& in,
                                         std::vector<Acceptable> wishes = {
                                             Acceptable::rtp(Codec::vp8)}) {
        return make<TestElement>("TestElement", in, *in, std::move(wishes));
    }
    std::shared_ptr<HubPort> port(const std::shared_ptr<Hub>& hub) {
        return make<HubPort>("HubPort", hub, *hub);
    }
    void release(const std::shared_ptr<MediaObject>& object) {
        objects.erase(object->id());
        object->release();
    }

    /// The value of an operation as clients get it, or `code: message`.
    Json call(MediaObject& object, const std::string& operation, const Json& arguments = nullptr) {
        Json result = "pending";
        try {
            object.remote_class()
                .find_operation(operation)
                ->call(object, arguments, *this)
                .then([&](remote::Outcome<Json> o) { result = o ? *o : Json(text(o.error())); });
            loop.run();
        } catch (const remote::RpcError& e) {
            result = text(e);
        }
        return result;
    }
    static std::string text(const remote::RpcError& e) {
        return std::to_string(static_cast<int>(e.code())) + ": " + e.what();
    }

    void on_event(const std::string& object, const std::string& type, Json data) override {
        if (mute.count(type) == 0) events.push_back({object, type, std::move(data)});
    }
    [[nodiscard]] std::shared_ptr<remote::Object> find(const std::string& id) const override {
        auto found = objects.find(id);
        return found == objects.end() ? nullptr : found->second;
    }

    struct Event {
        std::string object, type;
        Json data;
    };
    /// `type:member` of the events so far, which are forgotten.
    std::vector<std::string> take_events(const char* member) {
        std::vector<std::string> list;
        for (auto& event : std::exchange(events, {}))
            list.push_back(event.type + ":" + event.data.value(member, "-"));
        return list;
    }

    gst::GlibLoop unused_worker{"unused"};
    ManualLoop loop;
    std::shared_ptr<Loop> strand{&loop, [](Loop*) {}};
    Graph graph;
    Services services;
    remote::Registry registry;
    std::map<std::string, std::shared_ptr<MediaObject>> objects;
    std::vector<Event> events;
    std::map<std::string, bool> mute;

    static Format rtp(Codec codec) {
        return {media_type(codec), Packing::rtp, codec, {}, 1, false, {}};
    }
    rtp::PacketPtr packet(std::int64_t seq) {
        auto p = graph.packets.make();
        p->seq = ExtSeqNum{seq};
        p->starts_keyframe = true;
        p->arrival = p->capture = Clock::now();
        p->set_payload(0, 1);
        return p;
    }

private:
    int last_ = 0;
};

}  // namespace rivero::media
