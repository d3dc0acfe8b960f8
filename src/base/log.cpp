// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/log.hpp"

#include "rivero/base/guarded.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <map>
#include <sstream>

namespace rivero {
namespace {

struct Topics {
    std::map<std::string, std::shared_ptr<spdlog::logger>> loggers;
    std::map<std::string, spdlog::level::level_enum> levels;
    spdlog::level::level_enum level = spdlog::level::info;
    std::shared_ptr<spdlog::sinks::stderr_sink_mt> sink =
        std::make_shared<spdlog::sinks::stderr_sink_mt>();
    std::string pattern = "%Y-%m-%dT%H:%M:%S.%e %^%l%$ %n: %v";
};

// The process's log is the one thing that everybody shares; nothing else here is global.
Guarded<Topics>& topics() {
    static auto* the_topics = new Guarded<Topics>{};
    return *the_topics;
}

}  // namespace

std::shared_ptr<spdlog::logger> log_topic(const std::string& topic) {
    return topics().with([&](Topics& t) {
        auto& logger = t.loggers[topic];
        if (!logger) {
            logger = std::make_shared<spdlog::logger>(topic, t.sink);
            logger->set_pattern(t.pattern);
            logger->flush_on(spdlog::level::warn);
            auto own = t.levels.find(topic);
            logger->set_level(own != t.levels.end() ? own->second : t.level);
        }
        return logger;
    });
}

std::string set_log_levels(const std::string& levels) {
    std::istringstream list{levels};
    std::string unknown;
    for (std::string item; std::getline(list, item, ',');) {
        auto equals = item.find('=');
        std::string word = equals == std::string::npos ? item : item.substr(equals + 1);
        auto level = spdlog::level::from_str(word);
        if (level == spdlog::level::off && word != "off") {
            unknown = "log level '" + word +
                      "' is none of trace, debug, info, warning, error, critical, off";
            continue;
        }
        topics().with([&](Topics& t) {
            if (equals == std::string::npos) {
                t.level = level;
            } else {
                t.levels[item.substr(0, equals)] = level;
            }
            for (auto& [name, logger] : t.loggers) {
                auto own = t.levels.find(name);
                logger->set_level(own != t.levels.end() ? own->second : t.level);
            }
        });
    }
    return unknown;
}

void set_log_process(const std::string& name) {
    topics().with([&](Topics& t) {
        t.pattern = "%Y-%m-%dT%H:%M:%S.%e %^%l%$ [" + name + "] %n: %v";
        for (auto& [topic, logger] : t.loggers) logger->set_pattern(t.pattern);
    });
}

}  // namespace rivero
