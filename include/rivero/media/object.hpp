// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/events.hpp"
#include "rivero/media/types.hpp"
#include "rivero/remote/object.hpp"
#include "rivero/remote/value.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rivero::media {

class MediaPipeline;

/// Root of all that clients can create. Everything on the strand of its pipeline.
class MediaObject : public remote::Object {
public:
    static constexpr const char* kClassName = "MediaObject";

    explicit MediaObject(remote::ObjectInit init);
    ~MediaObject() override;

    [[nodiscard]] std::shared_ptr<MediaPipeline> get_media_pipeline();
    [[nodiscard]] std::shared_ptr<MediaObject> get_parent() const;
    [[nodiscard]] const std::string& get_id() const { return id(); }
    [[nodiscard]] std::vector<std::shared_ptr<MediaObject>> get_children() const;
    [[nodiscard]] const std::string& get_name() const { return name_; }
    void set_name(const std::string& name);
    [[nodiscard]] bool get_send_tags_in_events() const { return send_tags_; }
    void set_send_tags_in_events(bool send) { send_tags_ = send; }
    [[nodiscard]] int get_creation_time() const { return creation_time_; }
    void add_tag(const std::string& key, const std::string& value);
    void remove_tag(const std::string& key);
    [[nodiscard]] std::string get_tag(const std::string& key) const;
    [[nodiscard]] std::vector<Tag> get_tags() const;

    /// Tells subscribers that something has happened.
    template <class Event>
    void raise(const Event& event) {
        const auto d = describe(remote::Identity<Event>{});
        Json data = remote::Value<Event>::encode(event);
        raise_json(d.name, std::move(data));
    }
    /// An `Error` event of this object.
    void raise_error(const std::string& type, const std::string& description, int code = 0) {
        raise(ErrorEvent{description, code, type});
    }

    /// What clients may leave with an object, in bytes: they may have a hundred thousand of them.
    static constexpr std::size_t kMaxName = 4096;
    static constexpr std::size_t kMaxTagBytes = 65536;  ///< of all its keys and values together
    static constexpr std::size_t kMaxTags = 1000;

protected:
    /// Runs `f(object)` on the strand, unless the object is gone by then. The copyable function
    /// that it gives may be called on any thread and in constructors.
    template <class Self, class F>
    [[nodiscard]] static auto on_strand(Self& self, F f) {
        return [strand = self.shared_strand(), handle = self.handle_,
                f = std::move(f)](auto&&... args) {
            strand->post([handle, f, ... values = std::decay_t<decltype(args)>(args)]() mutable {
                if (handle->object) f(static_cast<Self&>(*handle->object), std::move(values)...);
            });
        };
    }
    [[nodiscard]] Json tags_for_event() const;

private:
    struct Handle {
        MediaObject* object;  // strand only
    };
    void raise_json(const char* type, Json data);

    std::shared_ptr<Handle> handle_;
    std::vector<std::weak_ptr<MediaObject>> children_;
    std::size_t prune_at_ = 16;  ///< when so many are noted, those that are gone are forgotten
    std::string name_;
    std::map<std::string, std::string> tags_;
    std::size_t tag_bytes_ = 0;
    bool send_tags_ = false;
    int creation_time_;

    friend void adopt_child(MediaObject& parent, const std::shared_ptr<MediaObject>& child);
};

inline auto describe(Identity<RaiseBase>) {
    return structure<RaiseBase>(
               "RaiseBase", "What all events have.",
               field("source", &RaiseBase::source, "The object that tells it."),
               field("timestampMillis", &RaiseBase::timestampMillis,
                     "When it happened, in ms since 1970, as text."),
               field("tags", &RaiseBase::tags,
                     "The tags of the object when it has sendTagsInEvents; otherwise none."))
        .extending("");
}

/// Notes a new child with its parent. Strand.
void adopt_child(MediaObject& parent, const std::shared_ptr<MediaObject>& child);

}  // namespace rivero::media
