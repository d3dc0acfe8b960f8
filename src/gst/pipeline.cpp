// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/pipeline.hpp"

#include "rivero/gst/init.hpp"

#include <atomic>

namespace rivero::gst {
namespace {

BusReport report_of(GstMessage* message) {
    BusReport report;
    ErrorSlot error;
    gchar* debug = nullptr;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        gst_message_parse_error(message, error.out(), &debug);
    } else {
        gst_message_parse_warning(message, error.out(), &debug);
    }
    report.debug = take_text(debug);
    report.text = error.text();
    if (error) {
        report.domain = error.get()->domain;
        report.code = error.get()->code;
    }
    if (GST_MESSAGE_SRC(message)) report.element = GST_MESSAGE_SRC_NAME(message);
    return report;
}

}  // namespace

std::string BusReport::domain_name() const {
    const gchar* name = g_quark_to_string(domain);
    return name ? name : "";
}

struct PrivatePipeline::Bus : std::enable_shared_from_this<Bus> {
    Bus(Loop& l, Events e) : loop{l}, events{std::move(e)} {}

    template <class F>
    void tell(F call) {
        loop.post([weak = weak_from_this(), call = std::move(call)] {
            // Not locked for long: the pipeline drops its reference when it ends.
            if (auto bus = weak.lock(); bus && bus->open) call(bus->events);
        });
    }

    void on_message(GstMessage* message, GstElement* pipeline) {
        if (events.on_posting_thread) events.on_posting_thread(message);
        switch (GST_MESSAGE_TYPE(message)) {
            case GST_MESSAGE_ERROR:
                tell([report = report_of(message)](const Events& e) {
                    if (e.on_error) e.on_error(report);
                });
                break;
            case GST_MESSAGE_WARNING:
                tell([report = report_of(message)](const Events& e) {
                    if (e.on_warning) e.on_warning(report);
                });
                break;
            case GST_MESSAGE_EOS:
                tell([](const Events& e) {
                    if (e.on_eos) e.on_eos();
                });
                break;
            case GST_MESSAGE_STATE_CHANGED:
                if (GST_MESSAGE_SRC(message) == GST_OBJECT(pipeline) && events.on_state) {
                    GstState reached = GST_STATE_NULL;
                    gst_message_parse_state_changed(message, nullptr, &reached, nullptr);
                    tell([reached](const Events& e) { e.on_state(reached); });
                }
                break;
            case GST_MESSAGE_LATENCY:
                // Takes locks that the posting thread may hold.
                gst_element_call_async(
                    pipeline,
                    [](GstElement* p, gpointer) { gst_bin_recalculate_latency(GST_BIN(p)); },
                    nullptr, nullptr);
                break;
            default:
                break;
        }
    }

    Loop& loop;
    const Events events;
    std::atomic<bool> open{true};
};

PrivatePipeline::PrivatePipeline(const std::string& name, Loop& loop, Events events,
                                 TimeLine time_line)
    : bus_{std::make_shared<Bus>(loop, std::move(events))} {
    initialise();
    pipeline_ = Element::sink(gst_pipeline_new(name.c_str()));
    // The monotonic system clock in any case: an audio element must not bring its own.
    auto clock = Ref<GstClock>::adopt(gst_system_clock_obtain());
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock.get());
    if (time_line == TimeLine::shared) {
        gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
        gst_element_set_base_time(pipeline_.get(), 0);
    }
    auto bus = Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    struct Handler {
        std::shared_ptr<Bus> bus;
        GstElement* pipeline;  // lives longer: it owns the bus
    };
    gst_bus_set_sync_handler(
        bus.get(),
        [](GstBus*, GstMessage* message, gpointer data) noexcept {
            auto* handler = static_cast<Handler*>(data);
            handler->bus->on_message(message, handler->pipeline);
            gst_message_unref(message);
            return GST_BUS_DROP;  // nobody reads the bus
        },
        new Handler{bus_, pipeline_.get()},
        [](gpointer data) { delete static_cast<Handler*>(data); });
}

PrivatePipeline::~PrivatePipeline() {
    bus_->open = false;
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    auto bus = Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
}

void PrivatePipeline::add(const Element& element) {
    gst_bin_add(bin(), element.get());
}

Result<void> PrivatePipeline::add_chain(const std::vector<Element>& elements) {
    for (const Element& element : elements) add(element);
    for (std::size_t i = 1; i < elements.size(); ++i) {
        GstElement* from = elements[i - 1].get();
        GstElement* to = elements[i].get();
        if (!gst_element_link(from, to))
            return failure(std::string{"cannot link "} + GST_ELEMENT_NAME(from) + " to " +
                           GST_ELEMENT_NAME(to));
    }
    return {};
}

Result<void> PrivatePipeline::set_state(GstState state) {
    if (gst_element_set_state(pipeline_.get(), state) == GST_STATE_CHANGE_FAILURE)
        return failure(std::string{GST_ELEMENT_NAME(pipeline_.get())} + " cannot go to " +
                       gst_element_state_get_name(state));
    return {};
}

std::string PrivatePipeline::dot() const {
    return take_text(gst_debug_bin_to_dot_data(bin(), GST_DEBUG_GRAPH_SHOW_ALL));
}

void set_property(const Element& element, const char* name, const std::string& value) {
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name))
        gst_util_set_object_arg(G_OBJECT(element.get()), name, value.c_str());
}

}  // namespace rivero::gst
