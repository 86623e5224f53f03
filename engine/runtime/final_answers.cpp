#include "runtime/final_answers.hpp"

#include <utility>

#include "runtime/dead_letter.hpp"

namespace sagad::runtime {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostCode = 100;

std::string text_of(const json::object& object, std::string_view name, bool required) {
  const auto* member = object.if_contains({name.data(), name.size()});
  if (member == nullptr && !required) return {};
  if (member == nullptr) throw saga::MessageError("member '" + std::string(name) + "' is missing");
  if (!member->is_string()) {
    throw saga::MessageError("member '" + std::string(name) + "' is no string");
  }
  return std::string(member->get_string());
}

saga::FinalAnswer answer_of(const json::object& object) {
  if (const auto* output = object.if_contains("output")) {
    if (object.if_contains("code") != nullptr) {
      throw saga::MessageError("there is an 'output' and a 'code': it is done or it has failed");
    }
    return {true, *output, {}};
  }
  auto code = text_of(object, "code", true);
  if (const auto wrong = check_code(code); !wrong.empty()) throw saga::MessageError(wrong);
  return {false, nullptr, {std::move(code), printable(text_of(object, "message", false))}};
}

}  // namespace

/// A batch of the pool, for one answer.
class FinalAnswers::Lease {
 public:
  explicit Lease(FinalAnswers& pool) : pool_(pool), batch_(pool.take()) {}
  ~Lease() { pool_.give_back(std::move(batch_)); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  InstanceBatch& batch() { return *batch_; }

 private:
  FinalAnswers& pool_;
  std::unique_ptr<InstanceBatch> batch_;
};

FinalAnswers::FinalAnswers(ports::EngineStoreFactory stores, BatchTools tools, std::size_t parallel)
    : stores_(std::move(stores)), tools_(std::move(tools)), may_be_made_(parallel) {}

FinalAnswers::~FinalAnswers() = default;

std::unique_ptr<InstanceBatch> FinalAnswers::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !idle_.empty() || may_be_made_ > 0; });
  if (idle_.empty()) {
    --may_be_made_;
    return std::make_unique<InstanceBatch>(stores_, tools_, "final-answers");
  }
  auto batch = std::move(idle_.back());
  idle_.pop_back();
  return batch;
}

void FinalAnswers::give_back(std::unique_ptr<InstanceBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(batch));
  }
  changed_.notify_one();
}

std::optional<saga::FinalVerdict> FinalAnswers::submit(base::SagaId saga, std::string step,
                                                       std::string token,
                                                       saga::FinalAnswer answer) {
  std::optional<saga::FinalVerdict> verdict;
  GivenAnswer given{std::move(step), std::move(token), std::move(answer),
                    [&](saga::FinalVerdict told) { verdict = told; }};
  Happening happening;
  happening.saga = saga;
  happening.given = std::make_shared<const GivenAnswer>(std::move(given));
  BatchWork work;
  work.happenings.push_back(std::move(happening));
  Lease lease(*this);
  try {
    lease.batch().run([&](ports::EngineTransaction&) {
      verdict.reset();
      return work;
    });
  } catch (const ports::CommitUnknown& error) {
    throw ports::Unavailable(error.what());
  } catch (const ports::Conflict& error) {
    throw ports::Unavailable(error.what());
  }
  return verdict;
}

std::string check_code(const std::string& code) {
  if (code.empty() || code.size() > kMostCode) {
    return "member 'code' must have 1 to " + std::to_string(kMostCode) + " bytes";
  }
  if (printable(code) != code) return "member 'code' has a character that cannot be kept";
  return {};
}

Happening decode_final_answer(std::string_view payload) {
  Happening happening;
  GivenAnswer given;
  try {
    // Its output is one level down, and as large as any.
    base::DocumentLimits limits;
    limits.max_bytes += limits.max_bytes / 4;
    limits.max_depth += 1;
    const auto document = base::parse_document(payload, limits);
    if (!document.is_object()) throw saga::MessageError("not a JSON object");
    const auto& object = document.get_object();
    happening.saga = base::SagaId::parse(text_of(object, "saga", true));
    given.step = text_of(object, "step", true);
    given.token = text_of(object, "token", true);
    given.answer = answer_of(object);
    base::check_document(given.answer.output);
  } catch (const base::DocumentError& error) {
    throw saga::MessageError(error.what());
  } catch (const std::invalid_argument& error) {
    throw saga::MessageError(error.what());
  }
  happening.given = std::make_shared<const GivenAnswer>(std::move(given));
  return happening;
}

}  // namespace sagad::runtime
