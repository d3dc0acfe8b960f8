// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/transaction.hpp"

#include "gateway/newref.hpp"

#include <utility>

namespace rivero::gateway {
namespace {

constexpr std::size_t kInjectedBytes = std::size_t{1} << 20;
/// Of the results together: what one client may be owed.
constexpr std::size_t kResultBytes = std::size_t{16} << 20;
/// Operations without a pause; then others have their turn.
constexpr int kAtOnce = 16;

/// What a value takes in memory, roughly.
std::size_t weight(const Json& value) {
    std::size_t sum = 32;
    if (value.is_string()) return sum + value.get_ref<const std::string&>().size();
    if (value.is_object())
        for (const auto& [name, member] : value.items()) sum += 64 + name.size() + weight(member);
    if (value.is_array())
        for (const auto& element : value) sum += weight(element);
    return sum;
}

/// A transaction at work. Kept alive by the reply of the operation that runs.
class Run : public std::enable_shared_from_this<Run> {
public:
    Run(Loop& loop, const std::shared_ptr<InputBudget>& memory, Json operations,
        std::string session, Transaction::Execute execute, Reply done)
        : loop_{loop},
          memory_{memory, [this] { give_way(); }},
          operations_(std::move(operations)),  // braces would make an array that holds the array
          session_{std::move(session)},
          execute_{std::move(execute)},
          done_{std::move(done)} {}

    void begin() {
        charge(weight(operations_));
        advance();
    }

    /// A loop, not a recursion: ten thousand operations that reply at once must not fill the stack.
    void advance() {
        if (advancing_ || gave_way_) return;
        advancing_ = true;
        int left = kAtOnce;
        while (!waiting_ && !failed_ && !gave_way_ && responses_.size() < operations_.size()) {
            if (left-- == 0) {
                advancing_ = false;
                return loop_.post([self = shared_from_this()] { self->advance(); });
            }
            try {
                start(responses_.size());
            } catch (const RpcError& error) {
                return end(tl::unexpected{error.error()});
            }
        }
        advancing_ = false;
        if (!waiting_ && !gave_way_) end(Outcome{std::move(responses_)});
    }

private:
    void end(Outcome outcome) {
        memory_.release();
        done_(std::move(outcome));
    }

    void charge(std::size_t bytes) {
        charged_ += bytes;
        if (!memory_.grow(charged_)) give_way();
    }
    /// Others need the memory, perhaps in the middle of an operation of ours: what it still says is
    /// for nobody.
    void give_way() {
        if (std::exchange(gave_way_, true)) return;
        const std::size_t ran = responses_.size();
        operations_ = Json();
        responses_ = Json();
        loop_.post([self = shared_from_this(), ran] {
            self->end(tl::unexpected{
                not_enough_resources("There is no memory left for this transaction; " +
                                     std::to_string(ran) + " of its operations ran")});
        });
    }

    void start(std::size_t i) {
        Json& operation = operations_[i];
        if (!operation.is_object() || !operation.contains("id") || !operation["id"].is_number() ||
            operation["id"] != i)
            throw RpcError{malformed_transaction("Id of request '" + std::to_string(i) +
                                                 "' should be '" + std::to_string(i) + "'")};
        auto message = jsonrpc::to_message(std::move(operation));
        if (!message || !std::holds_alternative<jsonrpc::Request>(*message)) {
            finish(i, tl::unexpected{
                          ErrorObject{jsonrpc::kInvalidRequest, "Invalid JSON-RPC request.", {}}});
            return;
        }
        auto& request = std::get<jsonrpc::Request>(*message);
        if (!request.params.is_object()) request.params = Json::object();
        request.params["sessionId"] = session_;
        inject_results(request.params, responses_, budget_);
        waiting_ = true;
        execute_(std::move(request.method), std::move(request.params),
                 [self = shared_from_this(), i](Outcome outcome) {
                     self->waiting_ = false;
                     self->finish(i, std::move(outcome));
                     self->advance();
                 });
    }

    void finish(std::size_t i, Outcome outcome) {
        if (gave_way_) return;
        std::size_t size = 0;
        if (outcome) {
            size = weight(*outcome);
            if (size > result_bytes_)
                outcome = tl::unexpected{
                    not_enough_resources("The results of this transaction are too large")};
            else
                result_bytes_ -= size;
        }
        failed_ = !outcome;
        responses_.push_back(jsonrpc::to_json(jsonrpc::Response{i, std::move(outcome)}));
        if (!failed_) charge(size);
    }

    Loop& loop_;
    InputBudget::Share memory_;
    std::size_t charged_ = 0;  ///< bytes, roughly
    Json operations_;
    std::string session_;
    Transaction::Execute execute_;
    Reply done_;
    Json responses_ = Json::array();
    std::size_t budget_ = kInjectedBytes;
    std::size_t result_bytes_ = kResultBytes;
    bool waiting_ = false;
    bool failed_ = false;
    bool advancing_ = false;
    bool gave_way_ = false;
};

}  // namespace

void Transaction::run(Loop& loop, const std::shared_ptr<InputBudget>& memory, Json operations,
                      std::string session, Execute execute, Reply done) {
    if (operations.size() > kMaxOperations)
        return done(tl::unexpected{not_enough_resources(
            "A transaction has " + std::to_string(kMaxOperations) + " operations at most")});
    std::make_shared<Run>(loop, memory, std::move(operations), std::move(session),
                          std::move(execute), std::move(done))
        ->begin();
}

}  // namespace rivero::gateway
