#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dev/child_process.hpp"
#include "dev/files.hpp"

namespace sagad::tests {

/// How a program ended, and what it wrote on both streams.
struct Finished {
  dev::ExitStatus status;
  std::string output;
};

/// Runs a program of the build (`sagad`, `sagactl`) to its end.
Finished run_program(const std::string& name, std::vector<std::string> arguments,
                     const std::vector<std::string>& environment = {});

/// `sagad dev --temporary` with the shipped definitions and the built plugins, on free ports.
class DevDaemon {
 public:
  /// Returns when it is ready. Throws std::runtime_error with its output if it is not in time.
  explicit DevDaemon(std::filesystem::path sagas = SAGAD_SOURCE_DIR "/sagas");

  std::string url(const std::string& name) const { return text(ready_, name); }
  std::string database(const std::string& name) const {
    return text(ready_.at("databases").as_object(), name);
  }
  int api_port() const { return port_of(url("api")); }
  dev::ChildProcess& process() { return *process_; }
  /// All that it has written.
  std::string output() const;

  static int port_of(const std::string& url);

 private:
  static std::string text(const boost::json::object& object, const std::string& name) {
    return std::string(object.at(name).as_string().c_str());
  }

  dev::TempDir folder_;
  std::unique_ptr<dev::ChildProcess> process_;
  boost::json::object ready_;
};

}  // namespace sagad::tests
