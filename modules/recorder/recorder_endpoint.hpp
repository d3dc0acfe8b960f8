// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "recorder_core.hpp"
#include "rivero/base/thread_pool.hpp"
#include "rivero/media/endpoint.hpp"
#include "types.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rivero::recorder {

/// Writes what comes in to a file. One recording per object.
class RecorderEndpoint final : public media::UriEndpoint {
public:
    static constexpr const char* kClassName = "RecorderEndpoint";

    /// @param files where disks are waited for
    RecorderEndpoint(remote::ObjectInit init, media::MediaPipeline& pipeline,
                     std::shared_ptr<ThreadPool> files, const std::string& uri,
                     MediaProfile profile, bool stop_on_end_of_stream);
    ~RecorderEndpoint() override;

    void record();
    void pause() override;
    void stop() override;
    /// Answers when the file is closed, or there is none.
    [[nodiscard]] remote::Future<remote::Done> stop_and_wait();
    void release() override;
    [[nodiscard]] remote::Future<remote::Done> finish() override { return stop_and_wait(); }

private:
    enum class Phase { fresh, armed, stopping, done };
    [[nodiscard]] RecorderCore::Events core_events();
    void on_stopped();

    std::shared_ptr<ThreadPool> files_;
    Profile profile_;
    bool stop_on_end_of_stream_;
    Phase phase_ = Phase::fresh;
    bool paused_ = false;
    std::shared_ptr<RecordSink> audio_, video_;
    std::optional<Confined<RecorderCore>> core_;
    std::vector<remote::Promise<remote::Done>> waiting_;
};

}  // namespace rivero::recorder
