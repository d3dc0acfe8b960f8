// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/guarded.hpp"
#include "rivero/media/object.hpp"
#include "rivero/remote/object.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rivero::host {

/// The objects of a media host by id. An id says whose child it is: `PARENT/UUID_module.Class`.
class ObjectRegistry final : public remote::Directory {
public:
    [[nodiscard]] std::shared_ptr<remote::Object> find(const std::string& id) const override;
    /// False, and nothing is added, when the parent has been taken out meanwhile.
    [[nodiscard]] bool add(std::shared_ptr<remote::Object> object);
    /// Takes an object and all below it out, the deepest first.
    [[nodiscard]] std::vector<std::shared_ptr<remote::Object>> take(const std::string& id);
    /// Ids without a parent.
    [[nodiscard]] std::vector<std::string> roots() const;
    [[nodiscard]] std::size_t size() const;

private:
    Guarded<std::map<std::string, std::shared_ptr<remote::Object>>> objects_;
};

}  // namespace rivero::host
