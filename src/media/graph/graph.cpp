// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/graph.hpp"

#include "media/graph/node.hpp"

namespace rivero::media {

void Graph::hand_out_by_turns(IoLoop& loop) {
    turn_end_ = loop.at_turn_end(IoLoop::TurnEnd::hand_out, [this] { hand_out(); });
}

void Graph::stop() {
    turn_end_.reset();
    flow.stop();
}

void Graph::hand_out() {
    // What is handed out may be made into other packets by stages.
    while (!with_packets_.empty()) with_packets_.front()->hand_out();
}

}  // namespace rivero::media
