#include "sagabench/plots.hpp"

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <utility>
#include <vector>

#include "dev/child_process.hpp"
#include "dev/files.hpp"

namespace sagad::bench {
namespace {

namespace json = boost::json;

double number(const json::object& object, const std::string& name) {
  return object.at(name).to_number<double>();
}

/// `label median min max`, a line each.
void bar(std::ostringstream& data, const std::string& label, const json::object& series) {
  data << '"' << label << "\" " << number(series, "sagas_per_s") << ' '
       << number(series, "sagas_per_s_min") << ' ' << number(series, "sagas_per_s_max") << '\n';
}

std::string throughput_script(const json::object& report) {
  std::ostringstream data;
  bar(data, "floor", report.at("floor").as_object());
  bar(data, "recipe", report.at("recipe").as_object());
  const auto& sagad = report.at("sagad").as_object();
  for (const char* name : {"jetstream", "jetstream_batch", "http", "sql", "jetstream_refused",
                           "jetstream_batch_refused"}) {
    if (const auto* series = sagad.if_contains(name)) {
      std::string label = std::string("sagad\\n") + name;
      for (auto& letter : label) letter = letter == '_' ? ' ' : letter;
      bar(data, label, series->as_object());
    }
  }
  if (const auto* peers = report.if_contains("peers")) {
    for (const auto& [name, peer] : peers->as_object()) {
      bar(data, std::string(name), peer.as_object());
    }
  }
  return "set title 'order-pay sagas a second: median, smallest and largest of the rounds'\n"
         "$data << END\n" +
         data.str() +
         "END\n"
         "set bmargin 4\nset style fill solid 0.6\nset boxwidth 0.6\nset yrange [0:*]\nset grid "
         "y\nunset key\n"
         "plot $data using 0:2:xtic(1) with boxes, "
         "$data using 0:2:3:4 with yerrorbars linecolor 'black' pointtype 7 pointsize 0.3\n";
}

std::string latency_script(const json::object& report) {
  const auto& sagad = report.at("sagad").as_object();
  std::vector<std::pair<std::string, const json::object*>> loads;
  loads.emplace_back("1 client", &sagad.at("latency_1client_ms").as_object());
  if (const auto* open = sagad.if_contains("latency_open_loop_ms")) {
    for (const auto& load : open->as_array()) {
      const auto& object = load.as_object();
      std::ostringstream label;
      label << "open loop " << number(object, "load") * 100 << " %";
      loads.emplace_back(label.str(), &object);
    }
  }
  std::ostringstream data;
  for (const auto& [label, load] : loads) {
    data << '"' << label << '"';
    for (const char* percentile : {"p50", "p95", "p99", "p999"}) {
      data << ' ' << number(*load, percentile);
    }
    data << '\n';
  }
  return "set title 'start to completion, ms'\n$data << END\n" + data.str() +
         "END\n"
         "set style data histograms\nset style fill solid 0.6\nset logscale y\nset grid y\n"
         "plot $data using 2:xtic(1) title 'p50', $data using 3 title 'p95', "
         "$data using 4 title 'p99', $data using 5 title 'p99.9'\n";
}

void draw(const std::string& script, const std::filesystem::path& file) {
  const dev::TempDir scratch("sagad-plot-");
  const auto source = scratch.path() / "plot.gp";
  dev::write_file(source, "set terminal svg size 900,450 background 'white'\nset output '" +
                              file.string() + "'\n" + script);
  dev::Command command;
  command.argv = {dev::find_program("gnuplot", {}, "gnuplot-nox").string(), source.string()};
  command.output = scratch.path() / "log";
  dev::run_to_end(command, std::chrono::seconds(60));
}

}  // namespace

void draw_plots(const json::object& report, const std::string& table,
                const std::filesystem::path& folder) {
  const auto target = std::filesystem::absolute(folder);
  std::filesystem::create_directories(target);
  draw(throughput_script(report), target / "throughput.svg");
  draw(latency_script(report), target / "latency.svg");
  const char* command = std::getenv("SAGAD_BENCH_COMMAND");
  dev::write_file(target / "measured.txt",
                  std::string("command: ") + (command == nullptr ? "sagabench" : command) +
                      "\nmachine: " + json::serialize(report.at("machine")) + "\n" + table);
}

}  // namespace sagad::bench
