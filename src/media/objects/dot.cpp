// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/objects/dot.hpp"

#include "rivero/base/log.hpp"
#include "rivero/remote/class.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace rivero::media {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n') {
            out += "\\l";
            continue;
        }
        out += c;
    }
    return out + "\"";
}

const char* word(MediaType type) {
    switch (type) {
        case MediaType::audio: return "audio";
        case MediaType::video: return "video";
        case MediaType::data: return "data";
    }
    return "";
}

struct Drawn {
    std::string id, label;
    std::vector<MediaElement::OutputPort> outputs;
};

}  // namespace

remote::Future<std::string> draw(const std::string& title, std::vector<MediaElement*> elements) {
    std::vector<Drawn> nodes;
    std::ostringstream edges;
    for (MediaElement* element : elements) {
        nodes.push_back({element->id(), element->remote_class().name() + "\n" + element->get_name() + "\n", element->outputs()});
        for (auto& c : element->get_sink_connections(std::nullopt, std::nullopt))
            edges << "  " << quoted(element->id()) << " -> " << quoted(c.sink->id()) << " [label=" << word(c.type) << "];\n";
    }
    auto promise = std::make_shared<remote::Promise<std::string>>();
    auto picture = promise->future();
    if (elements.empty()) {
        promise->set("digraph " + quoted(title) + " {\n}\n");
        return picture;
    }
    elements.front()->services().graph.worker.post([title, nodes = std::move(nodes), edges = edges.str(), promise] {
        std::ostringstream dot;
        dot << "digraph " << quoted(title) << " {\n  rankdir=LR;\n  node [shape=box, fontname=monospace];\n";
        for (auto& node : nodes) {
            std::string label = node.label;
            for (auto& output : node.outputs) {
                label += std::string{word(output.type)} + ":\n";
                for (auto& line : output.source->describe_tree()) label += "  " + line + "\n";
            }
            dot << "  " << quoted(node.id) << " [label=" << quoted(label) << "];\n";
        }
        dot << edges << "}\n";
        promise->set(dot.str());
    });
    return picture;
}

void dump(const std::string& title, remote::Future<std::string> picture) {
    const char* directory = std::getenv("GST_DEBUG_DUMP_DOT_DIR");
    if (!directory) return;
    std::string name = title;
    for (char& c : name)
        if (c == '/') c = '_';
    picture.then([path = std::string{directory} + "/" + name + ".dot"](remote::Outcome<std::string> dot) {
        if (!dot) return;
        std::ofstream file{path};
        file << *dot;
        if (!file) log_topic("media")->warn("{}: cannot be written", path);
    });
}

}  // namespace rivero::media
