// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gst/glib_guest.hpp"

#include "rivero/base/assert.hpp"

#include <algorithm>

namespace rivero::gst {

// OWNERLESS_POLLING: its own descriptor tells of every change, also of those that the loop's thread
// makes while it is not in g_main_context_iteration(), as it never is.
GlibGuest::GlibGuest()
    : context_{MainContext::adopt(
          g_main_context_new_with_flags(G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING))} {
    const bool mine = g_main_context_acquire(context_.get());
    RIVERO_ASSERT(mine, "a new context is nobody's");
    query();
    g_main_context_release(context_.get());
    RIVERO_ASSERT(descriptors_.size() == 1, "an empty context waits for its wake-up only");
    wake_ = descriptors_.front().fd;
}

void GlibGuest::query() {
    g_main_context_prepare(context_.get(), &priority_);
    gint timeout = -1;
    for (;;) {
        const gint n = g_main_context_query(context_.get(), priority_, &timeout, asked_.data(),
                                            static_cast<gint>(asked_.size()));
        const bool enough = static_cast<std::size_t>(n) <= asked_.size();
        asked_.resize(static_cast<std::size_t>(n));
        if (enough) break;
    }
    descriptors_.clear();
    for (const GPollFD& one : asked_)
        descriptors_.push_back({one.fd, static_cast<short>(one.events), 0});
    deadline_.reset();
    if (timeout >= 0) deadline_ = Clock::now() + std::chrono::milliseconds{timeout};
    stale_ = false;
}

GlibGuest::Wishes GlibGuest::before_wait() {
    if (stale_) query();
    return {descriptors_, deadline_};
}

void GlibGuest::after_wait(Time now) {
    bool any = deadline_ && *deadline_ <= now;
    for (std::size_t i = 0; i < descriptors_.size(); ++i) {
        asked_[i].revents = static_cast<gushort>(descriptors_[i].revents);
        any = any || asked_[i].revents != 0;
    }
    if (!any) return;
    stale_ = true;
    if (g_main_context_check(context_.get(), priority_, asked_.data(),
                             static_cast<gint>(asked_.size())))
        g_main_context_dispatch(context_.get());
}

}  // namespace rivero::gst
