#pragma once

#include <memory>
#include <string>
#include <thread>

#include "jetstream/stream_index.hpp"
#include "jetstream/streams.hpp"

namespace sagad::jetstream {

/// Makes streams that have gone missing: those that JetStream did not know when something was
/// published, and all that are used after each new link (the server may have lost its store).
/// One thread of its own, because asking JetStream takes time.
class Mender {
 public:
  Mender(std::shared_ptr<StreamIndex> index, std::shared_ptr<Streams> streams,
         std::shared_ptr<spdlog::logger> log);
  /// Joins; quick once the connector has stopped.
  ~Mender();
  Mender(const Mender&) = delete;
  Mender& operator=(const Mender&) = delete;

 private:
  void run();
  bool mend(const ports::StreamRef& stream);

  const std::shared_ptr<StreamIndex> index_;
  const std::shared_ptr<Streams> streams_;
  const std::shared_ptr<spdlog::logger> log_;
  std::string last_failure_;  ///< of its thread
  std::thread thread_;
};

}  // namespace sagad::jetstream
