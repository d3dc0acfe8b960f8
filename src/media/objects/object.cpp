// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/object.hpp"

#include "rivero/media/pipeline.hpp"

#include <algorithm>
#include <chrono>

namespace rivero::media {
namespace {

std::int64_t wall_clock_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

MediaObject::MediaObject(remote::ObjectInit init)
    : Object{std::move(init)},
      handle_{std::make_shared<Handle>(Handle{this})},
      name_{id()},
      creation_time_{static_cast<int>(wall_clock_ms() / 1000)} {}

MediaObject::~MediaObject() {
    handle_->object = nullptr;
}

std::shared_ptr<MediaPipeline> MediaObject::get_media_pipeline() {
    for (auto object = std::static_pointer_cast<Object>(shared_from_this()); object;
         object = object->parent_object())
        if (auto pipeline = std::dynamic_pointer_cast<MediaPipeline>(object)) return pipeline;
    return nullptr;
}

std::shared_ptr<MediaObject> MediaObject::get_parent() const {
    return std::dynamic_pointer_cast<MediaObject>(parent_object());
}

std::vector<std::shared_ptr<MediaObject>> MediaObject::get_children() const {
    std::vector<std::shared_ptr<MediaObject>> alive;
    // One that was released may live on until its last call is over.
    for (auto& weak : children_)
        if (auto child = weak.lock(); child && (!directory() || directory()->find(child->id())))
            alive.push_back(std::move(child));
    return alive;
}

void adopt_child(MediaObject& parent, const std::shared_ptr<MediaObject>& child) {
    if (parent.children_.size() >= parent.prune_at_) {
        std::erase_if(parent.children_, [](auto& weak) { return weak.expired(); });
        parent.prune_at_ = std::max<std::size_t>(16, 2 * parent.children_.size());
    }
    parent.children_.push_back(child);
}

void MediaObject::set_name(const std::string& name) {
    if (name.size() > kMaxName)
        throw remote::RpcError{remote::ErrorCode::media_object_illegal_param,
                               "name: " + std::to_string(name.size()) + " bytes are more than " +
                                   std::to_string(kMaxName)};
    name_ = name;
}

void MediaObject::add_tag(const std::string& key, const std::string& value) {
    const auto old = tags_.find(key);
    if (old == tags_.end() && tags_.size() >= kMaxTags)
        throw remote::RpcError{remote::ErrorCode::not_enough_resources,
                               "an object holds " + std::to_string(kMaxTags) + " tags at most"};
    const std::size_t others =
        tag_bytes_ - (old == tags_.end() ? 0 : key.size() + old->second.size());
    if (key.size() + value.size() > kMaxTagBytes - others)
        throw remote::RpcError{remote::ErrorCode::not_enough_resources,
                               "the tags of an object have " + std::to_string(kMaxTagBytes) +
                                   " bytes at most, keys and values together"};
    tag_bytes_ = others + key.size() + value.size();
    tags_[key] = value;
}

void MediaObject::remove_tag(const std::string& key) {
    const auto found = tags_.find(key);
    if (found == tags_.end()) return;
    tag_bytes_ -= key.size() + found->second.size();
    tags_.erase(found);
}

std::string MediaObject::get_tag(const std::string& key) const {
    auto found = tags_.find(key);
    if (found == tags_.end())
        throw remote::RpcError{remote::ErrorCode::media_object_tag_key_not_found,
                               "Tag key '" + key + "' not found"};
    return found->second;
}

std::vector<Tag> MediaObject::get_tags() const {
    std::vector<Tag> list;
    for (auto& [key, value] : tags_) list.push_back({key, value});
    return list;
}

Json MediaObject::tags_for_event() const {
    return send_tags_ ? remote::Value<std::vector<Tag>>::encode(get_tags()) : Json::array();
}

void MediaObject::raise_json(const char* type, Json data) {
    data.erase("__module__");
    data.erase("__type__");
    data["source"] = id();
    data["timestampMillis"] = std::to_string(wall_clock_ms());
    data["tags"] = tags_for_event();
    if (!data.contains("type")) data["type"] = type;
    send_event(type, std::move(data));
}

}  // namespace rivero::media
