// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/codec.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace rivero {
namespace {

constexpr std::array<std::pair<Codec, std::string_view>, 10> kNames{{
    {Codec::opus, "opus"},
    {Codec::pcmu, "PCMU"},
    {Codec::pcma, "PCMA"},
    {Codec::g722, "G722"},
    {Codec::aac, "mpeg4-generic"},
    {Codec::vp8, "VP8"},
    {Codec::vp9, "VP9"},
    {Codec::h264, "H264"},
    {Codec::h265, "H265"},
    {Codec::av1, "AV1"},
}};

}  // namespace

std::string_view encoding_name(Codec codec) {
    return std::find_if(kNames.begin(), kNames.end(), [&](auto& n) { return n.first == codec; })
        ->second;
}

std::optional<Codec> codec_from_encoding_name(std::string_view name) {
    auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    };
    for (auto& [codec, known] : kNames)
        if (std::equal(known.begin(), known.end(), name.begin(), name.end(), same)) return codec;
    return std::nullopt;
}

}  // namespace rivero
