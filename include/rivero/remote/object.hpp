// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"
#include "rivero/remote/future.hpp"
#include "rivero/remote/json.hpp"

#include <memory>
#include <string>

namespace rivero::remote {

class Class;
class Object;

/// Finds objects by id. Any thread.
class Directory {
public:
    virtual ~Directory() = default;
    /// Null when there is none.
    [[nodiscard]] virtual std::shared_ptr<Object> find(const std::string& id) const = 0;
};

/// Takes events to whoever subscribed. Any thread.
class EventSink {
public:
    virtual ~EventSink() = default;
    /// @param data the members of the event, complete
    virtual void on_event(const std::string& object_id, const std::string& type, Json data) = 0;
};

/// What the server knows of an object before the object exists.
struct ObjectInit {
    std::string id;
    const Class* remote_class = nullptr;
    std::shared_ptr<Object> parent;  ///< null for a pipeline
    std::shared_ptr<Loop> strand;    ///< its pipeline's
    EventSink* events = nullptr;     ///< outlives the object
    Directory* directory = nullptr;  ///< outlives the object
};

/// Something that clients can name and call. Lives on the strand of its pipeline: constructed,
/// called, released and destroyed there.
class Object : public std::enable_shared_from_this<Object> {
public:
    explicit Object(ObjectInit init) : init_{std::move(init)} {}
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    virtual ~Object() = default;

    [[nodiscard]] const std::string& id() const { return init_.id; }
    [[nodiscard]] const Class& remote_class() const { return *init_.remote_class; }
    [[nodiscard]] const std::shared_ptr<Object>& parent_object() const { return init_.parent; }
    [[nodiscard]] Loop& strand() const { return *init_.strand; }
    [[nodiscard]] const std::shared_ptr<Loop>& shared_strand() const { return init_.strand; }

    /// Called once, on the strand, when a client or the parent lets go of the object, children
    /// first. Afterwards nothing of it may run but what is on its way out; the last reference goes
    /// soon after.
    virtual void release() {}
    /// Asked after release(): when what must still come to an end (a file that is being closed) has
    /// done so. The client's call waits for it.
    [[nodiscard]] virtual Future<Done> finish() { return Done{}; }

protected:
    /// Null in a test that has none.
    [[nodiscard]] const Directory* directory() const { return init_.directory; }
    void send_event(const std::string& type, Json data) {
        init_.events->on_event(init_.id, type, std::move(data));
    }

private:
    ObjectInit init_;
};

/// Makes an object that dies on its strand, whoever lets go of it last.
template <class T, class... P>
[[nodiscard]] std::shared_ptr<T> make_on_strand(ObjectInit init, P&&... p) {
    auto strand = init.strand;
    return std::shared_ptr<T>(new T(std::move(init), std::forward<P>(p)...), [strand](T* t) {
        if (!strand || strand->is_current()) {
            delete t;
        } else {
            strand->post([t] { delete t; });
        }
    });
}

}  // namespace rivero::remote
