#pragma once

namespace sagad::ctl {

/// How sagactl ends; docs/cli.md lists them, scripts rely on them.
enum class ExitCode {
  kOk = 0,           ///< done; a saga that was waited for is `completed`
  kError = 1,        ///< refused by the server or invalid: stderr says why
  kUsage = 2,        ///< wrong arguments or an input that is not JSON
  kNotFound = 3,     ///< no such saga or definition
  kUnreachable = 4,  ///< no connection to the server
  kConflict = 5,     ///< the key has started a saga with another input
  kTryLater = 6,     ///< the server is overloaded or not ready
  kWarnings = 7,     ///< `validate --strict` found nothing wrong, but something suspicious
  kCompensated = 10,
  kPaused = 11,
  kFailed = 12,
  kRunning = 13,  ///< not ended when the wait was over
};

}  // namespace sagad::ctl
