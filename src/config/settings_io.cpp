// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/settings_io.hpp"

#include "config/fields.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rivero::config {
namespace {

using nlohmann::json;

const Field* find_field(const std::string& path) {
    for (const auto& field : fields())
        if (field.path == path) return &field;
    return nullptr;
}

/// Smallest number of inserted, deleted and replaced characters (Levenshtein).
std::size_t edits(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above + 1, row[j - 1] + 1, replaced});
            diagonal = above;
        }
    }
    return row[b.size()];
}

[[noreturn]] void unknown(const std::string& source, const std::string& key,
                          std::string (*name_of)(const Field&)) {
    std::string nearest;
    std::size_t best = key.size() / 2 + 1;  // further away is no hint
    for (const auto& field : fields()) {
        const auto distance = edits(key.substr(0, 100), name_of(field));
        if (distance >= best) continue;
        best = distance;
        nearest = name_of(field);
    }
    throw ConfigError{source + ": " + key + ": there is no such setting" +
                      (nearest.empty() ? "" : "; did you mean " + nearest + "?")};
}

std::string path_of(const Field& field) {
    return field.path;
}
std::string variable_of(const Field& field) {
    return environment_name(field.path);
}

bool is_utf8(const json& value) {
    try {
        static_cast<void>(value.dump());
        return true;
    } catch (const json::type_error&) {
        return false;
    }
}

void apply(Settings& settings, const Field& field, const json& value, const std::string& source,
           const std::string& key) {
    try {
        // Media hosts get the settings as JSON, which has no other bytes.
        if (!is_utf8(value)) throw ConfigError{print(value) + " is not UTF-8"};
        field.set(settings, value);
    } catch (const ConfigError& error) {
        throw ConfigError{source + ": " + key + ": " + error.what()};
    }
}

bool is_section(const std::string& path) {
    return std::any_of(fields().begin(), fields().end(),
                       [&](const Field& field) { return field.path.starts_with(path + '.'); });
}

void apply_section(Settings& settings, const json& section, const std::string& prefix,
                   const std::string& source) {
    for (const auto& [key, value] : section.items()) {
        const std::string path = prefix.empty() ? key : prefix + '.' + key;
        if (const Field* field = find_field(path)) {
            apply(settings, *field, value, source, path);
        } else if (is_section(path)) {
            if (!value.is_object())
                throw ConfigError{source + ": " + path + ": " + print(value) +
                                  " is not a section in braces"};
            apply_section(settings, value, path, source);
        } else {
            unknown(source, path, path_of);
        }
    }
}

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> steps;
    std::istringstream text{path};
    for (std::string step; std::getline(text, step, '.');) steps.push_back(std::move(step));
    return steps;
}

json::json_pointer pointer(const std::string& path) {
    std::string text = "/" + path;
    std::replace(text.begin(), text.end(), '.', '/');
    return json::json_pointer{text};
}

}  // namespace

void apply_json(Settings& settings, const std::string& text, const std::string& source) {
    json document;
    try {
        document = json::parse(text, nullptr, true, /*ignore_comments=*/true);
    } catch (const json::parse_error& error) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(
                                            std::min<std::size_t>(error.byte, text.size()));
        const auto line = 1 + std::count(text.begin(), end, '\n');
        throw ConfigError{source + ": line " + std::to_string(line) + ": this is not JSON"};
    } catch (const json::out_of_range&) {  // says the number, but not where it stands
        throw ConfigError{source + ": a number is too large"};
    }
    if (!document.is_object()) throw ConfigError{source + ": the file is not one JSON object"};
    apply_section(settings, document, "", source);
}

void apply_file(Settings& settings, const std::string& path) {
    std::ifstream file{path};
    if (!file) throw ConfigError{path + ": " + std::strerror(errno)};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw ConfigError{path + ": this is not a file that can be read"};
    const auto before = settings.rtc;
    apply_json(settings, text.str(), path.substr(path.rfind('/') + 1));
    // What the file names lies beside it, wherever the server is started.
    const auto beside = [&](std::string& name, const std::string& old) {
        if (!name.empty() && name != old)
            name = (std::filesystem::absolute(path).parent_path() / name).string();
    };
    beside(settings.rtc.certificate_rsa, before.certificate_rsa);
    beside(settings.rtc.certificate_ecdsa, before.certificate_ecdsa);
}

void apply_environment(Settings& settings, const std::vector<std::string>& variables) {
    for (const auto& variable : variables) {
        if (!variable.starts_with("RIVERO_")) continue;
        const auto equals = variable.find('=');
        const std::string name = variable.substr(0, equals);
        const auto field = std::find_if(fields().begin(), fields().end(), [&](const Field& f) {
            return environment_name(f.path) == name;
        });
        if (field == fields().end()) unknown("environment", name, variable_of);
        apply(settings, *field, field->from_text(variable.substr(equals + 1)), "environment", name);
    }
}

void apply_value(Settings& settings, const std::string& path, const std::string& text,
                 const std::string& source) {
    const Field* field = find_field(path);
    if (field == nullptr) unknown(source, path, path_of);
    apply(settings, *field, field->from_text(text), source, path);
}

void check(const Settings& settings) {
    if (settings.rtc.min_port > settings.rtc.max_port)
        throw ConfigError{"rtc.minPort: " + std::to_string(settings.rtc.min_port) +
                          " is above rtc.maxPort, " + std::to_string(settings.rtc.max_port)};
    if (settings.media.min_encoder_bitrate > settings.media.max_encoder_bitrate)
        throw ConfigError{
            "media.minEncoderBitrate: " + std::to_string(settings.media.min_encoder_bitrate) +
            " is above media.maxEncoderBitrate, " +
            std::to_string(settings.media.max_encoder_bitrate)};
    const auto& limits = settings.limits;
    // A buffer that grows is up to twice as large as what is in it.
    if (limits.unfinished_bytes_in_all < 2 * limits.message_bytes)
        throw ConfigError{
            "limits.unfinishedBytesInAll: " + std::to_string(limits.unfinished_bytes_in_all) +
            " is below twice limits.messageBytes, " + std::to_string(limits.message_bytes)};
    const auto& tls = settings.listen.tls;
    if (settings.listen.port < 0 && tls.port < 0)
        throw ConfigError{
            "listen.port and listen.tls.port are both -1: nobody could reach the server"};
    if (tls.port >= 0 && tls.certificate.empty())
        throw ConfigError{"listen.tls.certificate: TLS on port " + std::to_string(tls.port) +
                          " needs a certificate"};
    for (const auto& token : settings.listen.access_tokens)
        if (token.size() < 16)
            throw ConfigError{"listen.accessTokens: a token of " + std::to_string(token.size()) +
                              " characters can be guessed; 16 are the least"};
    for (const auto& origin : settings.listen.allowed_origins)
        if (origin != "*" && (origin.find("://") == std::string::npos ||
                              origin.find('/', origin.find("://") + 3) != std::string::npos))
            throw ConfigError{"listen.allowedOrigins: \"" + origin +
                              "\" is not like https://app.example.org"};
    const auto check_codecs = [](const char* name, const std::vector<std::string>& codecs,
                                 std::initializer_list<std::string_view> known) {
        for (const auto& codec : codecs) {
            if (std::find(known.begin(), known.end(), codec) != known.end()) continue;
            std::string list;
            for (const auto one : known) list += (list.empty() ? "" : ", ") + std::string{one};
            throw ConfigError{std::string{name} + ": \"" + codec + "\" is none of " + list};
        }
    };
    check_codecs("rtc.audioCodecs", settings.rtc.audio_codecs, {"opus", "PCMU", "PCMA", "G722"});
    check_codecs("rtc.videoCodecs", settings.rtc.video_codecs,
                 {"VP8", "VP9", "H264", "AV1", "H265"});
    for (const auto& [name, pem] :
         {std::pair{"rtc.certificateRsa", settings.rtc.certificate_rsa},
          std::pair{"rtc.certificateEcdsa", settings.rtc.certificate_ecdsa}}) {
        if (!pem.empty() && (!std::filesystem::is_regular_file(pem) || !std::ifstream{pem}))
            throw ConfigError{std::string{name} + ": \"" + pem +
                              "\" is not a file that can be read"};
    }
    if (settings.listen.path.starts_with('/'))
        throw ConfigError{"listen.path: \"" + settings.listen.path +
                          "\" starts with a slash, which is not part of it"};
    if (settings.listen.path.find_first_of("?# ") != std::string::npos)
        throw ConfigError{"listen.path: \"" + settings.listen.path +
                          "\" holds a character that a path cannot have"};
}

json to_json(const Settings& settings) {
    json document = json::object();
    for (const auto& field : fields()) document[pointer(field.path)] = field.get(settings);
    return document;
}

std::string write_commented(const std::vector<Entry>& entries) {
    std::ostringstream out;
    out << "{\n";
    const auto wrap = [&](const std::string& indent, const std::string& text) {
        std::istringstream words{text};
        std::string line = indent + "//";
        for (std::string word; words >> word;) {
            if (line.size() + 1 + word.size() > 100) {
                out << line << '\n';
                line = indent + "//";
            }
            line += ' ' + word;
        }
        out << line << '\n';
    };
    // A section is open for each step of a path but the last.
    std::vector<std::string> open;
    bool first = true;
    const auto close_to = [&](std::size_t depth) {
        for (; open.size() > depth; open.pop_back())
            out << '\n' << std::string(2 * open.size(), ' ') << '}';
    };
    for (const auto& entry : entries) {
        auto steps = split(entry.path);
        const std::string key = std::move(steps.back());
        steps.pop_back();
        std::size_t common = 0;
        while (common < std::min(open.size(), steps.size()) && open[common] == steps[common])
            ++common;
        const bool leaves = open.size() > common;
        close_to(common);
        // An empty line before each section and behind it.
        if (!first) out << (leaves || steps.size() > common ? ",\n\n" : ",\n");
        for (; common < steps.size(); ++common) {
            open.push_back(steps[common]);
            out << std::string(2 * open.size(), ' ') << '"' << steps[common] << "\": {\n";
        }
        const std::string indent(2 * (open.size() + 1), ' ');
        wrap(indent, entry.comment);
        out << indent << '"' << key << "\": " << print(entry.value);
        first = false;
    }
    close_to(0);
    out << "\n}\n";
    return out.str();
}

std::string to_commented_json(const Settings& settings) {
    std::vector<Entry> entries;
    for (const auto& field : fields())
        entries.push_back({field.path, field.why, field.get(settings)});
    return "// Settings of Rivero. Every key stands here at its default; keep what you change.\n"
           "// Environment variables (RIVERO_RTC_MIN_PORT for rtc.minPort) and the command line "
           "win.\n" +
           write_commented(entries);
}

}  // namespace rivero::config
