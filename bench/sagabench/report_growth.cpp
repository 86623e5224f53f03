#include <cmath>
#include <cstdio>

#include "sagabench/report.hpp"

namespace sagad::bench {
namespace {

namespace json = boost::json;

json::object to_json(const GrowthPoint& point) {
  json::array rounds;
  for (const double value : point.sagas_per_s.rounds) rounds.emplace_back(value);
  json::object object{{"sagas_per_s", point.sagas_per_s.median()},
                      {"sagas_per_s_rounds", std::move(rounds)},
                      {"memory_kib", json::object{{"postgres", point.memory.postgres},
                                                  {"nats", point.memory.nats},
                                                  {"sagad", point.memory.sagad}}}};
  if (point.one_client.count > 0) {
    object["latency_1client_ms"] = json::object{{"p50", point.one_client.p50},
                                                {"p99", point.one_client.p99},
                                                {"samples", point.one_client.count}};
  }
  return object;
}

json::object to_json(const std::map<int, GrowthPoint>& points) {
  json::object object;
  for (const auto& [size, point] : points) object[std::to_string(size)] = to_json(point);
  return object;
}

double finished_ratio(const GrowthResults& results) {
  const double empty = results.empty.sagas_per_s.median();
  return empty == 0 ? 0 : results.full.sagas_per_s.median() / empty;
}

/// A latency, or a dash where none was measured.
std::string millis(const GrowthPoint& point, double value) {
  if (point.one_client.count == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

void print(const std::string& name, const GrowthPoint& point, std::ostream& out) {
  char text[256];
  std::snprintf(text, sizeof text, "  %-34s %8.0f %8s %8s %8.0f %8.0f %8.0f", name.c_str(),
                point.sagas_per_s.median(), millis(point, point.one_client.p50).c_str(),
                millis(point, point.one_client.p99).c_str(),
                static_cast<double>(point.memory.sagad) / 1024,
                static_cast<double>(point.memory.postgres) / 1024,
                static_cast<double>(point.memory.nats) / 1024);
  out << text << '\n';
}

}  // namespace

json::object to_json(const GrowthResults& results) {
  return {{"finished", results.finished},
          {"in_flight", results.in_flight},
          {"ratio_finished_to_empty", finished_ratio(results)},
          {"empty", to_json(results.empty)},
          {"full", to_json(results.full)},
          {"waiting", to_json(results.waiting)},
          {"draining", to_json(results.draining)},
          {"steps", to_json(results.by_steps)},
          {"payload_kb", to_json(results.by_payload_kb)}};
}

void print_growth(const GrowthResults& results, std::ostream& out) {
  char text[256];
  std::snprintf(text, sizeof text, "\n%-36s %8s %8s %8s %8s %8s %8s", "growth", "sagas/s", "p50 ms",
                "p99 ms", "sagad MB", "pg MB", "nats MB");
  out << text << '\n';
  print("empty tables", results.empty, out);
  print(std::to_string(results.finished) + " finished", results.full, out);
  print(std::to_string(results.in_flight) + " in flight, starting", results.waiting, out);
  print(std::to_string(results.in_flight) + " in flight, ending", results.draining, out);
  for (const auto& [steps, point] : results.by_steps) {
    print(std::to_string(steps) + " steps", point, out);
  }
  for (const auto& [kilobytes, point] : results.by_payload_kb) {
    print(std::to_string(kilobytes) + " KB of payload", point, out);
  }
  std::snprintf(text, sizeof text, "  %-34s %8.2f", "finished / empty", finished_ratio(results));
  out << text << '\n';
}

}  // namespace sagad::bench
