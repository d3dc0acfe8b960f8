// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include <rivero/media/module.hpp>

// As a module looks that was built against the SDK of another time.
extern "C" __attribute__((visibility("default"))) const rivero::ModuleDescriptor*
rivero_module() noexcept {
    static const rivero::ModuleDescriptor descriptor{rivero::kSdkVersion + 1000, "other_sdk",
                                                     "1.0.0", nullptr};
    return &descriptor;
}
