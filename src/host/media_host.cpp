// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "host/media_host.hpp"

#include "jsonrpc/message.hpp"
#include "rivero/base/log.hpp"
#include "rivero/media/declare.hpp"

#include <future>
#include <unistd.h>

namespace rivero::host {
namespace {

/// Calls that block (a GStreamer state change) take one of these each.
constexpr std::size_t kStrandThreads = 4;

}  // namespace

MediaHost::MediaHost(int fd, const HostOptions& options)
    : worker_{"rtc-worker"},
      graph_{worker_},
      services_{worker_, graph_, options.settings},
      channel_{fd},
      pool_{std::in_place, "strand", kStrandThreads},
      dispatcher_{registry_, services_, *pool_,
                  [this](std::string text) { channel_.send(std::move(text)); }} {
    if (auto media = options.settings.find("media"); media != options.settings.end()) {
        graph_.h264_encoder = media->value("h264Encoder", graph_.h264_encoder);
        graph_.kept_picture_bytes = media->value("keptPictureBytes", graph_.kept_picture_bytes);
        graph_.kept_picture_time = std::chrono::milliseconds{media->value(
            "keptPictureMs",
            std::chrono::duration_cast<std::chrono::milliseconds>(graph_.kept_picture_time)
                .count())};
    }
    if (auto rtc = options.settings.find("rtc"); rtc != options.settings.end())
        graph_.mtu = rtc->value("mtu", graph_.mtu);
    worker_.post([this] { graph_.hand_out_by_turns(worker_); });
    declare_core(registry_, services_);
    modules_ = load_modules(options.module_paths, registry_, services_);
}

MediaHost::~MediaHost() {
    dispatcher_.release_all();
    pool_.reset();  // the last objects die on their strands and leave work for the worker
    // Some turns: what the objects posted may post once more.
    for (int i = 0; i < 4; ++i) {
        std::promise<void> idle;
        worker_.post([&] {
            graph_.stop();
            idle.set_value();
        });
        idle.get_future().wait();
    }
}

void MediaHost::send_hello() {
    Json modules = registry_.describe_modules();
    Json files = Json::array();
    for (auto& m : modules_)
        files.push_back(
            {{"path", m.path}, {"name", m.name}, {"version", m.version}, {"problem", m.problem}});
    channel_.send(jsonrpc::write(jsonrpc::Notification{
        "hello",
        {{"pid", getpid()}, {"modules", std::move(modules)}, {"files", std::move(files)}}}));
}

void MediaHost::run() {
    send_hello();
    channel_.read([this](std::string text) {
        auto message = jsonrpc::read_message(text);
        if (!message) {
            log_topic("host")->error("the gateway sent an unreadable message: {}",
                                     message.error().message);
            return;
        }
        auto* request = std::get_if<jsonrpc::Request>(&*message);
        if (!request) return;
        if (request->method == "shutdown") {
            dispatcher_.release_all();
            channel_.send(jsonrpc::write(jsonrpc::Response{request->id, Json::object()}));
            channel_.flush();
            channel_.stop();
            return;
        }
        dispatcher_.on_request(std::move(*request));
    });
}

}  // namespace rivero::host
