// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/graph/route.hpp"

#include "media/stages/stages.hpp"

namespace rivero::media {

const char* name(Step::Kind kind) {
    switch (kind) {
        case Step::Kind::depacketize:
            return "depacketize";
        case Step::Kind::decode:
            return "decode";
        case Step::Kind::limit_rate:
            return "limit rate";
        case Step::Kind::encode:
            return "encode";
        case Step::Kind::packetize:
            return "packetize";
    }
    return "";
}

std::vector<Step> steps(const Format& from, const Acceptable& to) {
    using Kind = Step::Kind;
    std::vector<Step> way;
    if (to.takes(from)) return way;
    // The same encoding in another wrapping; a closer look (H264 profiles) may still refuse it.
    const bool same_encoding = from.codec && to.codec && *from.codec == *to.codec && [&] {
        Format wrapped = from;
        wrapped.packing = to.packing;
        return to.takes(wrapped);
    }();
    if (from.packing == Packing::rtp)
        way.push_back({.kind = Kind::depacketize, .codec = from.codec});
    if (!same_encoding) {
        if (from.packing != Packing::raw) way.push_back({.kind = Kind::decode});
        if (!to.framerate_fits(from))
            way.push_back({.kind = Kind::limit_rate, .framerate = to.max_framerate});
        if (to.packing == Packing::raw) return way;
        way.push_back({.kind = Kind::encode, .codec = to.codec, .bitrate = to.bitrate});
    }
    if (to.packing == Packing::rtp) way.push_back({.kind = Kind::packetize, .codec = to.codec});
    return way;
}

int cost(const Node& root, const std::vector<Step>& way) {
    int sum = 0;
    const Node* node = &root;
    for (const Step& step : way) {
        if (node) {
            Stage* stage = node->find_stage(step);
            node = stage ? &stage->output() : nullptr;
        }
        if (node) {
            // There already, but what needs no conversion is still better: less delay, a better
            // picture.
            if (step.kind == Step::Kind::decode) sum += 10;
            if (step.kind == Step::Kind::encode) sum += 20;
            continue;
        }
        switch (step.kind) {
            case Step::Kind::depacketize:
            case Step::Kind::limit_rate:
            case Step::Kind::packetize:
                sum += 1;
                break;
            case Step::Kind::decode:
                sum += 100;
                break;
            case Step::Kind::encode:
                sum += 1000;
                break;
        }
    }
    return sum;
}

std::optional<std::vector<Step>> cheapest(const Node& root, const std::vector<Acceptable>& wishes) {
    std::optional<std::vector<Step>> best;
    int best_cost = 0;
    for (const Acceptable& wish : wishes) {
        auto way = steps(root.format(), wish);
        if (wish.as_it_comes_only && !way.empty()) continue;
        const int c = cost(root, way);
        if (best && c >= best_cost) continue;
        best = std::move(way);
        best_cost = c;
    }
    return best;
}

Result<std::unique_ptr<Stage>> make_stage(Node& above, const Step& step,
                                          const EncoderLimits& limits) {
    const auto make = [&]() -> Result<std::unique_ptr<Stage>> {
        switch (step.kind) {
            case Step::Kind::depacketize:
                return make_depacketize_stage(above);
            case Step::Kind::decode:
                return make_decode_stage(above);
            case Step::Kind::limit_rate:
                return make_limit_rate_stage(above, step.framerate);
            case Step::Kind::encode:
                return make_encode_stage(above, *step.codec, limits, step.bitrate);
            case Step::Kind::packetize:
                return make_packetize_stage(above);
        }
        return failure("no such conversion");
    };
    auto made = make();
    if (made) (*made)->step = step;
    return made;
}

}  // namespace rivero::media
