// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/pipeline.hpp"
#include "rivero/remote/registry.hpp"

namespace rivero::media {

/// Registers the classes that all others build on: MediaObject, MediaPipeline, MediaElement, the
/// endpoints, hubs.
/// @param services borrowed by every pipeline
void declare_core(remote::Registry& registry, const Services& services);

}  // namespace rivero::media
