// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/attributes.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace rivero::sdp {
namespace {

/// Puts what belongs to a format in the order of the formats, and lines in the order of RFC 8866:
/// the order in which they are printed. So descriptions that say the same compare equal.
void sort_by_format(MediaSection& section) {
    std::array<std::size_t, 128> places;
    places.fill(section.rtpmaps.size());
    for (std::size_t i = 0; i < section.rtpmaps.size(); ++i)
        places[section.rtpmaps[i].payload_type.value] = i;
    auto place = [&](std::optional<PayloadType> type) {
        return type ? places[type->value] : section.rtpmaps.size();
    };
    std::stable_sort(section.fmtps.begin(), section.fmtps.end(), [&](auto& a, auto& b) {
        return place(a.payload_type) < place(b.payload_type);
    });
    std::stable_sort(section.feedback.begin(), section.feedback.end(), [&](auto& a, auto& b) {
        return place(a.payload_type) < place(b.payload_type);
    });
}

void sort_lines(std::vector<TextLine>& lines) {
    constexpr std::string_view kOrder = "iuepk";
    std::stable_sort(lines.begin(), lines.end(),
                     [&](auto& a, auto& b) { return kOrder.find(a.type) < kOrder.find(b.type); });
}

/// Reads line by line; each line lands in the session or, after the first m-line, in the last
/// section.
class Parser {
public:
    explicit Parser(std::string_view text) : rest_{text} {}

    Result<SessionDescription> run() {
        description_.times.clear();
        bool has_version = false;
        while (!rest_.empty()) {
            std::string_view line = take_until(rest_, '\n');
            ++line_number_;
            if (line.ends_with('\r')) line.remove_suffix(1);
            // Blank lines are left by clients that build SDP from templates.
            if (trimmed(line).empty()) continue;
            if (line.size() < 2 || line[1] != '=')
                return at_line(quoted(line) + " is not of the form <letter>=<value>");
            // Values find their way into answers and logs: nothing may break out of its line there.
            if (std::any_of(line.begin(), line.end(), is_control))
                return at_line("holds a control character");
            if (!has_version) {
                if (line[0] != 'v') return at_line("v= must come first, not " + quoted(line));
                has_version = true;
            }
            if (++lines_in_section_ > kMaxLinesPerSection)
                return at_line("more than " + std::to_string(kMaxLinesPerSection) +
                               " lines in one section");
            if (Problem problem = read_line(line[0], line.substr(2))) return at_line(*problem);
        }
        if (!has_version) return failure("there is no v= line");
        if (description_.times.empty()) description_.times.push_back({'t', "0 0"});
        sort_lines(description_.lines);
        for (auto& section : description_.media) {
            sort_lines(section.lines);
            sort_by_format(section);
        }
        return std::move(description_);
    }

private:
    tl::unexpected<Error> at_line(const std::string& problem) const {
        return failure("line " + std::to_string(line_number_) + ": " + problem);
    }

    Problem read_line(char type, std::string_view value) {
        auto prefixed = [&](Problem problem) -> Problem {
            if (problem) problem = std::string{type} + "=: " + *problem;
            return problem;
        };
        switch (type) {
            case 'm':
                return read_media(value);
            case 'a':
                return read_attribute(value);
            case 'c': {
                Connection connection;
                if (Problem problem = read_connection(value, connection)) return prefixed(problem);
                common().connection = std::move(connection);
                return kFine;
            }
            case 'b':
                return prefixed(read_bandwidth(value, common().bandwidths));
            case 'i':
            case 'k':
                (section_ ? section_->lines : description_.lines)
                    .push_back({type, std::string{value}});
                return kFine;
            default:
                break;
        }
        if (section_)
            return "a line " + quoted(std::string{type, '='}) + " has no place in a media section";
        switch (type) {
            case 'v':
                return value == "0" ? kFine : Problem{"v=: version " + quoted(value) + " is not 0"};
            case 'o':
                return prefixed(read_origin(value, description_.origin));
            case 's':
                description_.name = value;
                return kFine;
            case 't':
            case 'r':
            case 'z':
                description_.times.push_back({type, std::string{value}});
                return kFine;
            case 'u':
            case 'e':
            case 'p':
                description_.lines.push_back({type, std::string{value}});
                return kFine;
            default:
                return "SDP has no line " + quoted(std::string{type, '='});
        }
    }

    // <kind> <port>[/<count>] <protocol> <format>...
    Problem read_media(std::string_view value) {
        if (description_.media.size() == kMaxMediaSections)
            return "more than " + std::to_string(kMaxMediaSections) + " m-lines";
        Words words{value};
        MediaSection section;
        section.kind = words.next();
        if (section.kind.empty()) return "m=: the kind of media is missing";
        const std::string where = "m=" + section.kind.substr(0, 32) + ": ";

        std::string_view port = words.next();
        const bool has_count = port.find('/') != std::string_view::npos;
        const std::string_view first = take_until(port, '/');
        const auto port_number = number<std::uint16_t>(first);
        if (!port_number) return where + not_a_number("port", first);
        section.port = *port_number;
        if (has_count) {
            const auto count = number<int>(port);
            if (!count || *count < 1) return where + not_a_number("number of ports", port);
            section.port_count = *count;
        }
        section.protocol = words.next();
        if (section.protocol.empty()) return where + "the protocol is missing";
        if (Problem problem = take_words(words, section.formats, kMaxFormats))
            return where + *problem;
        if (section.formats.empty()) return where + "there are no formats";

        description_.media.push_back(std::move(section));
        section_ = &description_.media.back();
        lines_in_section_ = 0;
        return kFine;
    }

    Problem read_attribute(std::string_view text) {
        const bool has_value = text.find(':') != std::string_view::npos;
        std::string_view value = text;
        const std::string_view name = take_until(value, ':');
        auto prefixed = [&](Problem problem) -> Problem {
            if (problem) problem = "a=" + std::string{name} + ": " + *problem;
            return problem;
        };
        value = trimmed(value);
        if (auto read = read_common_attribute(name, value, common())) return prefixed(*read);
        if (section_) {
            if (name == "candidate") {
                if (auto candidate = parse_candidate(value)) {
                    section_->candidates.push_back(*std::move(candidate));
                    return kFine;
                }
            } else if (name == "fmtp") {
                if (std::optional<Problem> result = read_fmtp(value)) return prefixed(*result);
            }
            if (auto read = read_media_attribute(name, value, *section_)) return prefixed(*read);
        } else if (auto read = read_session_attribute(name, value, description_)) {
            return prefixed(*read);
        }
        if (name.empty()) return "a=: the name is missing";
        common().others.push_back(
            {std::string{name}, has_value ? std::optional<std::string>{value} : std::nullopt});
        return kFine;
    }

    /// @return nothing when the format is no payload type, as in old data channel sections: such a
    /// line stays text
    std::optional<Problem> read_fmtp(std::string_view value) {
        Words words{value};
        const auto payload_type = payload_type_from(words.next());
        if (!payload_type) return std::nullopt;
        if (too_many_parameters(words.rest())) return Problem{"too many parameters"};
        section_->fmtps.push_back({*payload_type, FormatParameters::parse(words.rest())});
        return Problem{kFine};
    }

    CommonAttributes& common() {
        if (section_) return *section_;
        return description_;
    }

    std::string_view rest_;
    SessionDescription description_;
    MediaSection* section_ = nullptr;  ///< the last of description_.media
    std::size_t line_number_ = 0;
    std::size_t lines_in_section_ = 0;
};

}  // namespace

Result<SessionDescription> parse(std::string_view text) {
    if (text.size() > kMaxDescriptionSize)
        return failure("the description has " + std::to_string(text.size()) +
                       " bytes, more than the " + std::to_string(kMaxDescriptionSize) +
                       " that are read");
    return Parser{text}.run();
}

}  // namespace rivero::sdp
