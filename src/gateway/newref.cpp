// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/newref.hpp"

#include "gateway/ids.hpp"

#include <charconv>
#include <cstdint>

namespace rivero::gateway {
namespace {

const Json& result_of(const std::string& ref, const Json& responses) {
    std::uint32_t index = 0;
    const char* digits = ref.data() + kNewref.size();
    // Kurento reads the leading digits and ignores what follows.
    if (std::from_chars(digits, ref.data() + ref.size(), index).ec != std::errc{})
        throw RpcError{malformed_transaction("Invalid index of newref '" + ref + "'")};
    static const Json::json_pointer kValue{"/result/value"};
    if (index >= responses.size() || !responses[index].contains(kValue))
        throw RpcError{
            malformed_transaction("Result not found on request " + std::to_string(index))};
    return responses[index].at(kValue);
}

}  // namespace

void inject_results(Json& params, const Json& responses, std::size_t& budget) {
    if (params.is_structured()) {
        for (auto& member : params) inject_results(member, responses, budget);
        return;
    }
    if (!params.is_string()) return;
    const auto& text = params.get_ref<const std::string&>();
    if (text.size() <= kNewref.size() || !text.starts_with(kNewref)) return;
    const Json& value = result_of(text, responses);
    const std::size_t size = value.is_string() ? value.get_ref<const std::string&>().size()
                                               : jsonrpc::write(value).size();
    if (size > budget)
        throw RpcError{
            malformed_transaction("The results that '" + text + "' puts in are too large")};
    budget -= size;
    params = Json(value);
}

}  // namespace rivero::gateway
