#include "jetstream/pull.hpp"

#include <chrono>

namespace sagad::jetstream {

PullStatus read_pull_status(std::string_view status, std::string_view description) {
  if (status.empty()) return PullStatus::kMessage;
  if (status == "100") return PullStatus::kHeartbeat;
  if (status == "404" || status == "408") return PullStatus::kOver;
  if (status != "409") return PullStatus::kFailed;
  const auto says = [&](std::string_view what) {
    return description.find(what) != std::string_view::npos;
  };
  // "Consumer Deleted", "Consumer is push based"; else a limit, or a server that shuts down.
  return says("Deleted") || says("deleted") || says("push") ? PullStatus::kGone : PullStatus::kOver;
}

std::string pull_request(std::size_t batch, base::Duration expires, base::Duration heartbeat) {
  const auto nanos = [](base::Duration duration) {
    return std::to_string(std::chrono::nanoseconds{duration}.count());
  };
  // no_wait together with expires: wait for the first message only.
  std::string body = "{\"batch\":" + std::to_string(batch) + ",\"no_wait\":true";
  body += ",\"expires\":" + nanos(expires);
  if (heartbeat > base::Duration::zero()) body += ",\"idle_heartbeat\":" + nanos(heartbeat);
  return body + "}";
}

}  // namespace sagad::jetstream
