// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/objects/dot.hpp"

#include "rivero/media/hub_port.hpp"
#include "rivero/remote/class.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <utility>

namespace rivero::media {
namespace {

using Details = GstreamerDotDetails;

/// What the picture shows besides elements, formats, stages and connections.
struct Show {
    bool media_type, caps, settings, states, everything;

    explicit Show(Details details) {
        const bool all = details == Details::show_all || details == Details::show_verbose;
        media_type = all || details == Details::show_media_type;
        caps = all || details == Details::show_caps_details;
        settings = all || details == Details::show_non_default_params;
        states = all || details == Details::show_states;
        everything = details == Details::show_full_params || details == Details::show_verbose;
    }
};

std::string in_quotes(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n') {
            out += "\\l";  // lines begin at the left
        } else if (static_cast<unsigned char>(c) >= ' ') {
            out += c;
        }
    }
    return out + "\"";
}

const char* word(MediaType type) {
    switch (type) {
        case MediaType::audio:
            return "audio";
        case MediaType::video:
            return "video";
        case MediaType::data:
            return "data";
    }
    return "";
}

const char* colour(MediaType type) {
    switch (type) {
        case MediaType::audio:
            return "#2f7d32";
        case MediaType::video:
            return "#1f5fa8";
        case MediaType::data:
            return "#8a5a00";
    }
    return "";
}

/// `WebRtcEndpoint 6b3cb23c`: the id begins anew after each slash.
std::string short_name(const MediaObject& object) {
    const std::string& id = object.id();
    const auto slash = id.rfind('/');
    return object.remote_class().name() + " " +
           id.substr(slash == std::string::npos ? 0 : slash + 1, 8);
}

/// Caps one field per line; of long ones (codec_data) the beginning is enough.
std::string wrapped(const std::string& caps) {
    constexpr std::size_t kLongest = 48;
    std::string out;
    for (std::size_t at = 0; at < caps.size();) {
        const std::size_t comma = std::min(caps.find(", ", at), caps.size());
        const std::string field = caps.substr(at, comma - at);
        out += (at == 0 ? "" : "  ") +
               (field.size() <= kLongest ? field : field.substr(0, kLongest) + "...") + "\n";
        at = comma + 2;
    }
    return out;
}

/// What the strand knows of a connection.
struct Connection {
    std::string from, to;  ///< element ids
    MediaType type;
    std::string source_description, sink_description;
    std::shared_ptr<Sink> sink;  ///< null: the receiver has none for this
};

struct Element {
    std::string id, title;
    std::string settings, full;
    std::string hub;  ///< id; empty: none
    bool endpoint_of_media;
    std::vector<MediaElement::InputPort> inputs;
    std::vector<MediaElement::OutputPort> outputs, inner;
};

/// The picture while it is made. Filled on the strand, drawn on the worker.
class Picture {
public:
    Picture(const MediaObject& whole, const std::vector<MediaElement*>& elements, Show show)
        : show_{show}, id_{whole.id()}, title_{short_name(whole)} {
        for (MediaElement* element : elements) add(*element);
        for (MediaElement* element : elements) {
            for (const auto& c : element->get_sink_connections(std::nullopt, std::nullopt)) note(c);
            for (const auto& c : element->get_source_connections(std::nullopt, std::nullopt))
                if (!is_drawn(c.source->id())) note(c);
        }
    }

    /// Worker.
    std::string draw() {
        out_ << "digraph " << in_quotes(id_) << " {\n"
             << "  label=" << in_quotes(title_ + "\n")
             << ";\n  labelloc=t;\n  rankdir=LR;\n  fontname=\"sans-serif\";\n"
             << "  node [shape=box, style=filled, fillcolor=white, fontname=\"monospace\", "
                "fontsize=9, margin=\"0.1,0.05\"];\n"
             << "  edge [fontname=\"sans-serif\", fontsize=8, arrowsize=0.6];\n";
        for (const auto& [id, name] : others_)
            out_ << "  " << in_quotes(id)
                 << " [shape=ellipse, style=dashed, label=" << in_quotes(name) << "];\n";
        for (std::size_t i = 0; i < elements_.size(); ++i) name_ports(i);
        std::set<std::string> hubs;
        for (std::size_t i = 0; i < elements_.size(); ++i) {
            const std::string& hub = elements_[i].hub;
            if (hub.empty()) {
                draw_element(i, "  ");
            } else if (hubs.insert(hub).second) {
                draw_hub(hub);
            }
        }
        for (auto& c : connections_) draw_connection(c);
        out_ << edges_.str() << "}\n";
        return out_.str();
    }

private:
    using Port =
        std::pair<std::string, std::pair<MediaType, std::string>>;  // element, type, description

    [[nodiscard]] bool is_drawn(const std::string& id) const {
        return std::any_of(elements_.begin(), elements_.end(),
                           [&](const Element& e) { return e.id == id; });
    }

    void add(MediaElement& element) {
        Element e;
        e.id = element.id();
        e.title = short_name(element);
        if (auto* port = dynamic_cast<HubPort*>(&element)) {
            e.hub = port->hub().id();
            e.title += " (" + std::to_string(port->number()) + ")";
            hub_titles_.emplace(e.hub, short_name(port->hub()));
        }
        e.endpoint_of_media = element.outputs().empty() || element.inputs().empty();
        if (element.get_name() != element.id()) e.settings += "name: " + element.get_name() + "\n";
        for (auto& tag : element.get_tags())
            e.settings += "tag " + tag.key + ": " + tag.value + "\n";
        const auto bitrate = [&](const char* what, int value, int usual) {
            const std::string line = std::string{what} + ": " + std::to_string(value) + " bit/s\n";
            (value == usual ? e.full : e.settings) += line;
        };
        bitrate("encoderBitrate", element.get_encoder_bitrate(),
                MediaElement::kDefaultEncoderBitrate);
        bitrate("minEncoderBitrate", element.get_min_encoder_bitrate(), 0);
        bitrate("maxEncoderBitrate", element.get_max_encoder_bitrate(),
                MediaElement::kUnlimitedEncoderBitrate);
        e.full += "created: " + std::to_string(element.get_creation_time()) + "\n";
        e.inputs = element.inputs();
        e.outputs = element.outputs();
        e.inner = element.inner_sources();
        elements_.push_back(std::move(e));
    }

    void note(const ElementConnectionData& c) {
        for (auto& end : {c.source, c.sink})
            if (!is_drawn(end->id())) others_.emplace(end->id(), short_name(*end));
        std::shared_ptr<Sink> sink;
        for (const auto& port : c.sink->inputs())
            if (port.type == c.type && port.description == c.sinkDescription) sink = port.sink;
        connections_.push_back(
            {c.source->id(), c.sink->id(), c.type, c.sourceDescription, c.sinkDescription, sink});
    }

    static std::string label_of(MediaType type, const std::string& description) {
        return description == "default" ? word(type) : std::string{word(type)} + " " + description;
    }

    /// Names of the inputs and outputs, which connections need wherever they are drawn.
    void name_ports(std::size_t i) {
        const Element& e = elements_[i];
        const std::string prefix = "e" + std::to_string(i);
        for (std::size_t k = 0; k < e.inputs.size(); ++k) {
            const auto& port = e.inputs[k];
            inputs_[{e.id, {port.type, port.description}}] = prefix + "_in" + std::to_string(k);
        }
        for (std::size_t k = 0; k < e.outputs.size(); ++k) {
            const auto& port = e.outputs[k];
            outputs_[{e.id, {port.type, port.description}}] = prefix + "_out" + std::to_string(k);
        }
        for (const auto& source : e.inner) owned_.insert(source.source.get());
    }

    void draw_hub(const std::string& hub) {
        out_ << "  subgraph " << in_quotes("cluster_" + hub)
             << " {\n    label=" << in_quotes(hub_titles_.at(hub) + "\n")
             << ";\n    labeljust=l;\n    style=filled;\n    color=\"#c9c2b2\";\n    "
                "fillcolor=\"#f6f2e8\";\n";
        for (std::size_t i = 0; i < elements_.size(); ++i) {
            if (elements_[i].hub != hub) continue;
            draw_element(i, "    ");
            // What the hub itself makes; one source may leave at many ports.
            for (const auto& port : elements_[i].outputs)
                if (port.source && owned_.insert(port.source.get()).second)
                    draw_tree(*port.source, "h" + std::to_string(owned_.size()), "    ");
        }
        out_ << "  }\n";
    }

    void draw_element(std::size_t i, const std::string& indent) {
        const Element& e = elements_[i];
        const std::string prefix = "e" + std::to_string(i);
        std::string label = e.title + "\n";
        if (show_.settings || show_.everything) label += e.settings;
        if (show_.everything) label += e.full;
        out_ << indent << "subgraph " << in_quotes("cluster_" + e.id) << " {\n"
             << indent << "  label=" << in_quotes(label) << ";\n"
             << indent << "  labeljust=l;\n"
             << indent << "  fontsize=10;\n"
             << indent << "  style=filled;\n"
             << indent << "  color=\"#9aa7b5\";\n"
             << indent << "  fillcolor=\"#eef2f6\";\n"
             << indent << "  tooltip=" << in_quotes(e.id) << ";\n";
        for (std::size_t k = 0; k < e.inputs.size(); ++k) {
            const auto& port = e.inputs[k];
            std::string text = label_of(port.type, port.description) + " in\n";
            if (show_.states) text += state_of(*port.sink);
            if (show_.everything) text += numbers_of(*port.sink);
            node(indent, prefix + "_in" + std::to_string(k), text, port.type, "cds");
        }
        for (std::size_t k = 0; k < e.inner.size(); ++k) {
            const auto& port = e.inner[k];
            if (!port.source || !port.source->format()) continue;
            draw_tree(*port.source, prefix + "_inner" + std::to_string(k), indent);
            join_inside(e, port.type, port.description, *port.source);
        }
        for (std::size_t k = 0; k < e.outputs.size(); ++k) {
            const auto& port = e.outputs[k];
            const std::string name = prefix + "_out" + std::to_string(k);
            std::string text = label_of(port.type, port.description) + " out\n";
            const bool ours = e.hub.empty();
            if (port.source && show_.states) text += state_of(*port.source);
            if (port.source && show_.everything) text += numbers_of(*port.source);
            if (ours && port.source && port.source->format()) {
                owned_.insert(port.source.get());
                draw_tree(*port.source, name + "_", indent);
                if (e.inner.empty() && !e.endpoint_of_media)
                    join_inside(e, port.type, port.description, *port.source);
            }
            if (!ours || !port.source || !port.source->format())
                node(indent, name, text, port.type, "cds");
        }
        out_ << indent << "}\n";
    }

    /// Media that goes in comes out again: a dotted line.
    void join_inside(const Element& e, MediaType type, const std::string& description,
                     const Source& source) {
        auto input = inputs_.find({e.id, {type, description}});
        if (input == inputs_.end()) return;
        edge(input->second, roots_.at(&source), type, "style=dotted");
    }

    void draw_tree(const Source& source, const std::string& prefix, const std::string& indent) {
        const auto tree = source.tree();
        for (std::size_t k = 0; k < tree.size(); ++k) {
            const auto& n = tree[k];
            const std::string name = prefix + std::to_string(k);
            std::string text =
                (n.made_by.empty() ? std::string{} : n.made_by + ": ") + n.format + "\n";
            if (show_.caps) text += wrapped(n.caps);
            if (k == 0 && show_.states) text += state_of(source);
            if (k == 0 && show_.everything) text += numbers_of(source);
            if (show_.everything) text += std::to_string(n.sinks.size()) + " receivers\n";
            node(indent, name, text, source.type(), n.made_by.empty() ? "box" : "component");
            if (k == 0) roots_[&source] = name;
            if (n.above) edge(prefix + std::to_string(*n.above), name, source.type(), "weight=4");
            for (const Sink* sink : n.sinks) serves_[{&source, sink}] = {name, n.format};
        }
    }

    void draw_connection(const Connection& c) {
        const auto from = outputs_.find({c.from, {c.type, c.source_description}});
        const auto to = inputs_.find({c.to, {c.type, c.sink_description}});
        const Element* giver = find(c.from);
        const Element* taker = find(c.to);
        const MediaElement::OutputPort* port = nullptr;
        if (giver)
            for (const auto& output : giver->outputs)
                if (output.type == c.type && output.description == c.source_description)
                    port = &output;
        // DATA to or from an element that knows nothing of it is a wish for later.
        if (c.type == MediaType::data && (!c.sink || (giver && !port))) return;

        const std::string target = to != inputs_.end() ? to->second
                                   : taker             ? anchor(*taker)
                                                       : in_quotes(c.to);
        std::string origin = in_quotes(c.from);
        std::string label, style = "style=dashed";
        if (giver) {
            const auto served = port && port->source
                                    ? serves_.find({port->source.get(), c.sink.get()})
                                    : serves_.end();
            const bool elsewhere = !giver->hub.empty();
            if (served != serves_.end()) {
                origin = served->second.first;
                label = served->second.second;
                style = "";
                if (elsewhere && from != outputs_.end()) {
                    // What leaves at a port of a hub comes from somewhere else in the hub.
                    if (shown_.insert({origin, from->second}).second)
                        edge(origin, from->second, c.type, "style=dotted");
                    origin = from->second;
                }
            } else if (port && port->source && roots_.count(port->source.get()) != 0 &&
                       !elsewhere) {
                origin = roots_.at(port->source.get());
            } else if (from != outputs_.end()) {
                origin = from->second;
            } else {
                origin = anchor(*giver);
            }
        }
        if (!show_.media_type) label.clear();
        if (show_.media_type && label.empty()) label = word(c.type);
        if (!label.empty())
            style += std::string{style.empty() ? "" : ", "} + "label=" + in_quotes(label);
        edge(origin, target, c.type, style);
    }

    [[nodiscard]] const Element* find(const std::string& id) const {
        for (const Element& e : elements_)
            if (e.id == id) return &e;
        return nullptr;
    }

    /// Some node of an element, for an edge to it as a whole.
    std::string anchor(const Element& e) {
        const std::size_t i = static_cast<std::size_t>(&e - elements_.data());
        const std::string name = "e" + std::to_string(i);
        if (!e.inputs.empty()) return name + "_in0";
        for (const auto& output : e.outputs)
            if (auto root = roots_.find(output.source.get()); root != roots_.end())
                return root->second;
        if (!e.outputs.empty()) return name + "_out0";
        return in_quotes(e.id);
    }

    static std::string state_of(const Sink& sink) {
        if (!sink.source()) return "not connected\n";
        return std::string{sink.flow.flowing() ? "FLOWING" : "NOT_FLOWING"} +
               (sink.attached() ? "" : ", waits") + "\n";
    }
    static std::string state_of(const Source& source) {
        return std::string{source.flow.flowing() ? "FLOWING" : "NOT_FLOWING"} +
               (source.transcoding() ? ", TRANSCODING" : "") + "\n";
    }
    static std::string numbers_of(const Sink& sink) {
        std::string text = std::to_string(sink.flow.buffers()) + " in all\n";
        if (sink.receive_limit())
            text += "takes " + std::to_string(sink.receive_limit()->bps) + " bit/s\n";
        if (sink.size_limit())
            text += "takes " + std::to_string(sink.size_limit()->value) + " pixels\n";
        return text;
    }
    static std::string numbers_of(const Source& source) {
        return std::to_string(source.flow.buffers()) + " in all\n";
    }

    void node(const std::string& indent, const std::string& name, const std::string& text,
              MediaType type, const char* shape) {
        out_ << indent << "  " << name << " [label=" << in_quotes(text) << ", shape=" << shape
             << ", color=\"" << colour(type) << "\"];\n";
    }
    void edge(const std::string& from, const std::string& to, MediaType type,
              const std::string& more) {
        edges_ << "  " << from << " -> " << to << " [color=\"" << colour(type) << "\""
               << (more.empty() ? "" : ", ") << more << "];\n";
    }

    const Show show_;
    std::string id_, title_;
    std::vector<Element> elements_;
    std::map<std::string, std::string> others_, hub_titles_;
    std::vector<Connection> connections_;

    // Worker:
    std::ostringstream out_, edges_;
    std::map<Port, std::string> inputs_, outputs_;
    std::set<const Source*> owned_;
    std::map<const Source*, std::string> roots_;
    std::map<std::pair<const Source*, const Sink*>, std::pair<std::string, std::string>> serves_;
    std::set<std::pair<std::string, std::string>> shown_;
};

}  // namespace

remote::Future<std::string> draw(const MediaObject& whole, std::vector<MediaElement*> elements,
                                 std::optional<Details> details) {
    auto picture =
        std::make_shared<Picture>(whole, elements, Show{details.value_or(Details::show_verbose)});
    auto promise = std::make_shared<remote::Promise<std::string>>();
    auto text = promise->future();
    if (elements.empty()) {
        promise->set(picture->draw());
    } else {
        elements.front()->services().graph.worker.post(
            [picture, promise] { promise->set(picture->draw()); });
    }
    return text;
}

remote::Future<remote::Done> dump(const MediaObject& whole, Graph& graph,
                                  const std::function<remote::Future<std::string>()>& picture) {
    const char* directory = std::getenv("GST_DEBUG_DUMP_DOT_DIR");
    if (!directory || !*directory)
        throw remote::RpcError{
            remote::ErrorCode::media_object_operation_not_supported,
            "no picture can be written: GST_DEBUG_DUMP_DOT_DIR is not set where the server runs"};
    std::string name = whole.id();
    std::replace(name.begin(), name.end(), '/', '_');
    auto promise = std::make_shared<remote::Promise<remote::Done>>();
    auto written = promise->future();
    picture().then([promise, &graph, path = std::string{directory} + "/" + name + ".dot"](
                       remote::Outcome<std::string> dot) {
        if (!dot) return promise->fail(dot.error().code(), dot.error().what());
        // Disks may be slow: not on the worker.
        graph.reaper.post([promise, path, dot = std::move(*dot)] {
            std::ofstream file{path};
            file << dot << std::flush;
            if (file) return promise->set({});
            promise->fail(remote::ErrorCode::unexpected_error,
                          path + " cannot be written: " + std::strerror(errno));
        });
    });
    return written;
}

}  // namespace rivero::media
