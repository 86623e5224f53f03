#pragma once

namespace sagad::daemon {

/// How sagad ends; docs/cli.md lists them.
enum class ExitCode {
  kOk = 0,
  kFailure = 1,  ///< something failed at run time, or the drain took longer than its grace
  kConfig = 2,   ///< wrong arguments, configuration, definition or plugin
  kRestart = 75  ///< threads hang in a plugin: the service manager is to start it anew
};

}  // namespace sagad::daemon
