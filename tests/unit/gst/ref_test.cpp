// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/ref.hpp"

#include "rivero/gst/frame.hpp"
#include "rivero/gst/init.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace rivero::gst {
namespace {

class RefTest : public testing::Test {
protected:
    static void SetUpTestSuite() { initialise(); }
};

int references(const Caps& caps) {
    return GST_MINI_OBJECT_REFCOUNT_VALUE(caps.get());
}

TEST_F(RefTest, CountsOneReferencePerOwner) {
    auto caps = Caps::adopt(gst_caps_from_string("audio/x-opus"));
    EXPECT_EQ(references(caps), 1);
    {
        Caps copy = caps;
        auto shared = Caps::share(caps.get());
        EXPECT_EQ(references(caps), 3);
        Caps moved = std::move(copy);
        EXPECT_EQ(references(caps), 3);
        EXPECT_FALSE(copy);  // NOLINT(bugprone-use-after-move): a moved-from Ref is empty
    }
    EXPECT_EQ(references(caps), 1);
}

TEST_F(RefTest, SinksAFloatingElement) {
    auto element = make_element("identity");
    ASSERT_TRUE(element);
    EXPECT_FALSE(g_object_is_floating(element->get()));
    EXPECT_EQ(G_OBJECT(element->get())->ref_count, 1u);
}

TEST_F(RefTest, ReadsAndWritesCaps) {
    auto caps = caps_from_text("video/x-vp8, width=(int)640");
    ASSERT_TRUE(caps);
    EXPECT_EQ(caps_to_text(*caps), "video/x-vp8, width=(int)640");
    EXPECT_EQ(media_type_of(*caps), "video/x-vp8");
    EXPECT_EQ(caps_from_text("video/x-vp8, width=("), std::nullopt);
    EXPECT_EQ(caps_to_text({}), "none");
}

TEST_F(RefTest, SignalIsGoneWithItsObject) {
    auto element = make_element("identity");
    ASSERT_TRUE(element);
    int calls = 0;
    auto witness = std::make_shared<int>(0);
    std::weak_ptr<int> captured = witness;
    {
        Signal signal = Signal::connect<void(GstElement*, GParamSpec*)>(
            element->get(), "notify::name",
            [&calls, witness = std::move(witness)](GstElement*, GParamSpec*) { ++calls; });
        g_object_notify(G_OBJECT(element->get()), "name");
        EXPECT_EQ(calls, 1);
    }
    g_object_notify(G_OBJECT(element->get()), "name");
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(captured.expired());
}

TEST_F(RefTest, MissingElementNamesThePackage) {
    EXPECT_THAT(missing_plugin_hint("x264enc"), testing::HasSubstr("gstreamer1.0-plugins-ugly"));
    EXPECT_THAT(missing_plugin_hint("vp8enc"), testing::HasSubstr("gstreamer1.0-plugins-good"));
    EXPECT_THAT(missing_plugin_hint("avenc_aac"), testing::HasSubstr("gstreamer1.0-libav"));
    EXPECT_THAT(missing_plugin_hint("videoconvert"),
                testing::HasSubstr("gstreamer1.0-plugins-base"));
    auto none = make_element("nosuchelement");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, testing::HasSubstr("nosuchelement"));
}

TEST_F(RefTest, FrameAndBufferSayTheSame) {
    Frame frame;
    frame.buffer = make_buffer(as_bytes("abc"));
    frame.pts = Time{} + 5s;
    frame.duration = 20ms;
    frame.keyframe = false;
    frame.discontinuity = true;
    Buffer buffer = buffer_of(frame);
    EXPECT_EQ(GST_BUFFER_PTS(buffer.get()), 5 * GST_SECOND);
    EXPECT_EQ(as_text(MappedBuffer{buffer}.bytes()), "abc");
    auto again = frame_of(buffer);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->pts, frame.pts);
    EXPECT_EQ(again->duration, frame.duration);
    EXPECT_FALSE(again->keyframe);
    EXPECT_TRUE(again->discontinuity);
    EXPECT_FALSE(frame_of(make_buffer(as_bytes("abc"))));
}

}  // namespace
}  // namespace rivero::gst
