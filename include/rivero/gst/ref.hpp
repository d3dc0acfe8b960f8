// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

/// The door to GLib and GStreamer: owners for their references, so that *_unref and g_free are
/// called nowhere else.
namespace rivero::gst {

/// How a type is referenced. A type that is not named below does not compile as Ref<T>; whoever
/// uses another GObject adds `template <> struct gst::Lifetime<X> : gst::ObjectLifetime<X> {};`.
template <class T>
struct Lifetime;

/// Everything that derives from GObject.
template <class T>
struct ObjectLifetime {
    static void take(T* p) { g_object_ref(p); }
    static void drop(T* p) { g_object_unref(p); }
};
/// Everything that derives from GstMiniObject.
template <class T>
struct MiniObjectLifetime {
    static void take(T* p) { gst_mini_object_ref(GST_MINI_OBJECT_CAST(p)); }
    static void drop(T* p) { gst_mini_object_unref(GST_MINI_OBJECT_CAST(p)); }
};

template <>
struct Lifetime<GObject> : ObjectLifetime<GObject> {};
template <>
struct Lifetime<GstElement> : ObjectLifetime<GstElement> {};
template <>
struct Lifetime<GstElementFactory> : ObjectLifetime<GstElementFactory> {};
template <>
struct Lifetime<GstPipeline> : ObjectLifetime<GstPipeline> {};
template <>
struct Lifetime<GstBin> : ObjectLifetime<GstBin> {};
template <>
struct Lifetime<GstPad> : ObjectLifetime<GstPad> {};
template <>
struct Lifetime<GstBus> : ObjectLifetime<GstBus> {};
template <>
struct Lifetime<GstClock> : ObjectLifetime<GstClock> {};
template <>
struct Lifetime<GstCaps> : MiniObjectLifetime<GstCaps> {};
template <>
struct Lifetime<GstBuffer> : MiniObjectLifetime<GstBuffer> {};
template <>
struct Lifetime<GstSample> : MiniObjectLifetime<GstSample> {};
template <>
struct Lifetime<GstMessage> : MiniObjectLifetime<GstMessage> {};
template <>
struct Lifetime<GstEvent> : MiniObjectLifetime<GstEvent> {};
template <>
struct Lifetime<GstQuery> : MiniObjectLifetime<GstQuery> {};
template <>
struct Lifetime<GMainContext> {
    static void take(GMainContext* p) { g_main_context_ref(p); }
    static void drop(GMainContext* p) { g_main_context_unref(p); }
};
template <>
struct Lifetime<GSource> {
    static void take(GSource* p) { g_source_ref(p); }
    static void drop(GSource* p) { g_source_unref(p); }
};

/// Owns one reference to a GLib or GStreamer object, or none. The makers carry the transfer rule
/// that the manual prints for the function whose result they take.
template <class T>
class Ref {
public:
    Ref() = default;
    /// (transfer full), also for nullptr.
    [[nodiscard]] static Ref adopt(T* full) { return Ref{full}; }
    /// (transfer none), also for nullptr.
    [[nodiscard]] static Ref share(T* none) {
        if (none) Lifetime<T>::take(none);
        return Ref{none};
    }
    /// (transfer floating)
    [[nodiscard]] static Ref sink(T* floating) {
        if (floating) g_object_ref_sink(floating);
        return Ref{floating};
    }

    Ref(const Ref& other) : p_{other.p_} {
        if (p_) Lifetime<T>::take(p_);
    }
    Ref(Ref&& other) noexcept : p_{std::exchange(other.p_, nullptr)} {}
    Ref& operator=(Ref other) noexcept {
        std::swap(p_, other.p_);
        return *this;
    }
    ~Ref() {
        if (p_) Lifetime<T>::drop(p_);
    }

    [[nodiscard]] T* get() const { return p_; }  ///< borrowed
    /// For a parameter that is (transfer full): the callee owns the reference now.
    [[nodiscard]] T* release() { return std::exchange(p_, nullptr); }
    [[nodiscard]] explicit operator bool() const { return p_ != nullptr; }
    /// The same object, not an equal one.
    friend bool operator==(const Ref& a, const Ref& b) { return a.p_ == b.p_; }

private:
    explicit Ref(T* p) : p_{p} {}
    T* p_ = nullptr;
};

using Element = Ref<GstElement>;
using Pipeline = Ref<GstPipeline>;
using Pad = Ref<GstPad>;
using Caps = Ref<GstCaps>;
using Buffer = Ref<GstBuffer>;
using Sample = Ref<GstSample>;
using Message = Ref<GstMessage>;
using Event = Ref<GstEvent>;
using MainContext = Ref<GMainContext>;

/// A text that GLib allocated for us (transfer full); empty for nullptr.
[[nodiscard]] std::string take_text(gchar* full);
/// Caps as GStreamer writes them, `video/x-vp8, width=(int)640, ...`; `none` without caps.
[[nodiscard]] std::string caps_to_text(const Caps& caps);
/// @return nothing when the text is no caps
[[nodiscard]] std::optional<Caps> caps_from_text(const std::string& text);
/// Same media type, same fields.
[[nodiscard]] bool equal(const Caps& a, const Caps& b);
/// The name of the first structure, e.g. `video/x-raw`; empty when there is none.
[[nodiscard]] std::string media_type_of(const Caps& caps);

/// Receives what a function reports through its last parameter, a GError**.
class ErrorSlot {
public:
    ErrorSlot() = default;
    ErrorSlot(const ErrorSlot&) = delete;
    ErrorSlot& operator=(const ErrorSlot&) = delete;
    ~ErrorSlot();
    GError** out() { return &error_; }
    [[nodiscard]] explicit operator bool() const { return error_ != nullptr; }
    [[nodiscard]] const GError* get() const { return error_; }
    [[nodiscard]] std::string text() const { return error_ ? error_->message : ""; }

private:
    GError* error_ = nullptr;
};

/// A copy of the bytes in a new buffer.
[[nodiscard]] Buffer make_buffer(Bytes bytes);

/// The bytes of a buffer for reading, while this lives.
class MappedBuffer {
public:
    explicit MappedBuffer(Buffer buffer);
    MappedBuffer(const MappedBuffer&) = delete;
    MappedBuffer& operator=(const MappedBuffer&) = delete;
    ~MappedBuffer();
    /// Empty when the memory cannot be mapped (it is not in the main memory).
    [[nodiscard]] Bytes bytes() const;

private:
    Buffer buffer_;
    GstMapInfo map_{};
    bool mapped_ = false;
};

/// A signal handler; gone when this dies. A handler that runs on another thread at that moment ends
/// its run: what it needs is captured by value or held weakly.
class [[nodiscard]] Signal {
public:
    Signal() = default;
    /// @tparam Signature of the C handler without the user data, instance first, e.g.
    ///     `Signal::connect<void(GstElement*, GstPad*)>(e.get(), "pad-added", handler)`
    template <class Signature, class F>
    static Signal connect(gpointer instance, const char* name, F handler) {
        return connect_as(static_cast<Signature*>(nullptr), instance, name, std::move(handler));
    }
    Signal(Signal&& other) noexcept
        : instance_{std::move(other.instance_)}, id_{std::exchange(other.id_, 0)} {}
    Signal& operator=(Signal other) noexcept {
        std::swap(instance_, other.instance_);
        std::swap(id_, other.id_);
        return *this;
    }
    ~Signal() { disconnect(); }

    void disconnect();
    [[nodiscard]] bool connected() const { return id_ != 0; }

private:
    template <class R, class... Args, class F>
    static Signal connect_as(R (*)(Args...), gpointer instance, const char* name, F handler) {
        R(*call)
        (Args..., gpointer) = [](Args... args, gpointer data) noexcept -> R {
            return (*static_cast<F*>(data))(args...);
        };
        GClosureNotify forget = [](gpointer data, GClosure*) { delete static_cast<F*>(data); };
        Signal signal;
        signal.instance_ = Ref<GObject>::share(G_OBJECT(instance));
        signal.id_ = g_signal_connect_data(instance, name, reinterpret_cast<GCallback>(call),
                                           new F(std::move(handler)), forget, GConnectFlags{});
        return signal;
    }
    Ref<GObject> instance_;
    gulong id_ = 0;
};

/// A pad probe; gone when this dies. Its handler runs on the streaming thread.
class [[nodiscard]] Probe {
public:
    using Handler = std::function<GstPadProbeReturn(GstPadProbeInfo&)>;

    Probe() = default;
    Probe(Pad pad, GstPadProbeType type, Handler handler);
    Probe(Probe&& other) noexcept : pad_{std::move(other.pad_)}, id_{std::exchange(other.id_, 0)} {}
    Probe& operator=(Probe other) noexcept {
        std::swap(pad_, other.pad_);
        std::swap(id_, other.id_);
        return *this;
    }
    ~Probe() { remove(); }

    void remove();

private:
    Pad pad_;
    gulong id_ = 0;
};

}  // namespace rivero::gst
