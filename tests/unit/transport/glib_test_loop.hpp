// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"

#include <glib.h>

#include <functional>

namespace rivero::transport {

/// A main context that the test itself runs: everything happens on the test's thread.
class GlibTestLoop final : public Loop {
public:
    GlibTestLoop() : context_{g_main_context_new()} {
        g_main_context_push_thread_default(context_);
        g_main_context_acquire(context_);
    }
    ~GlibTestLoop() override {
        while (g_main_context_iteration(context_, FALSE)) {
        }
        g_main_context_release(context_);
        g_main_context_pop_thread_default(context_);
        g_main_context_unref(context_);
    }
    [[nodiscard]] GMainContext* context() const { return context_; }

    void post(Task task) override {
        attach(g_idle_source_new(), std::make_shared<bool>(true), std::move(task));
    }
    [[nodiscard]] bool is_current() const override { return g_main_context_is_owner(context_); }
    Timer post_after(Duration delay, Task task) override {
        auto alive = std::make_shared<bool>(true);
        auto ms = std::chrono::ceil<std::chrono::milliseconds>(delay).count();
        attach(g_timeout_source_new(static_cast<guint>(ms)), alive, std::move(task));
        return Timer{alive};
    }
    /// Runs until `done`; false when this takes longer than any test should.
    [[nodiscard]] bool run_until(const std::function<bool()>& done, Duration limit = 30s) {
        bool late = false;
        Timer guard = post_after(limit, [&late] { late = true; });
        while (!done() && !late) g_main_context_iteration(context_, TRUE);
        return done();
    }
    /// Runs what is ready, without waiting.
    void settle() {
        while (g_main_context_iteration(context_, FALSE)) {
        }
    }

private:
    struct Posted {
        std::shared_ptr<bool> alive;
        Task task;
    };
    void attach(GSource* source, std::shared_ptr<bool> alive, Task task) {
        g_source_set_priority(source, G_PRIORITY_DEFAULT);
        g_source_set_callback(
            source,
            [](gpointer data) -> gboolean {
                auto* posted = static_cast<Posted*>(data);
                if (*posted->alive) {
                    *posted->alive = false;
                    posted->task();
                }
                return G_SOURCE_REMOVE;
            },
            new Posted{std::move(alive), std::move(task)},
            [](gpointer data) { delete static_cast<Posted*>(data); });
        g_source_attach(source, context_);
        g_source_unref(source);
    }
    GMainContext* context_;
};

}  // namespace rivero::transport
