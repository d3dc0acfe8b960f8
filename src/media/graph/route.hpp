// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media/graph/node.hpp"
#include "media/graph/step.hpp"
#include "rivero/base/result.hpp"

#include <vector>

namespace rivero::media {

/// The conversions that lead from `from` to `to`; empty when the format is taken as it is.
[[nodiscard]] std::vector<Step> steps(const Format& from, const Acceptable& to);

/// What the steps cost beyond what exists below `root` already. Wrapping is cheap, decoding dear,
/// encoding dearest.
[[nodiscard]] int cost(const Node& root, const std::vector<Step>& way);

/// The way to serve a sink that costs least; among equals the earlier wish. Empty when it accepts
/// nothing.
[[nodiscard]] std::optional<std::vector<Step>> cheapest(const Node& root,
                                                        const std::vector<Acceptable>& wishes);

/// Makes a stage below `above`. @return why it cannot be made, e.g. a plugin that is not installed
[[nodiscard]] Result<std::unique_ptr<Stage>> make_stage(Node& above, const Step& step,
                                                        const EncoderLimits& limits);

}  // namespace rivero::media
