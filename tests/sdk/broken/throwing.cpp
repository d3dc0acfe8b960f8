// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include <rivero/media/element.hpp>
#include <rivero/media/module.hpp>

namespace {

class Known final : public rivero::media::MediaElement {
public:
    static constexpr const char* kClassName = "HalfRegistered";
    using MediaElement::MediaElement;
};

// The second of its classes has a name that is taken: the first must not stay behind.
void declare(rivero::Module& module) {
    using rivero::remote::arg;
    using rivero::remote::doc;
    for (const char* name : {"HalfRegistered", "MediaPipeline"})
        module.add(rivero::remote::remote_class<Known>(name, doc("Never seen."))
                       .extends<rivero::media::MediaElement>()
                       .constructor<rivero::media::MediaPipeline&>(arg("mediaPipeline")));
}

}  // namespace

RIVERO_MODULE("throwing", "1.0.0", declare)
