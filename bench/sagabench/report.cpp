#include "sagabench/report.hpp"

#include <cmath>
#include <cstdio>
#include <string>

namespace sagad::bench {
namespace {

namespace json = boost::json;

json::array numbers(const Summary& summary) {
  json::array all;
  for (const double value : summary.rounds) all.emplace_back(value);
  return all;
}

/// `{name: median, name_min, name_max, name_rounds}`.
void put(json::object& object, const std::string& name, const Summary& summary) {
  object[name] = summary.median();
  object[name + "_min"] = summary.min();
  object[name + "_max"] = summary.max();
  object[name + "_rounds"] = numbers(summary);
}

double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

template <typename Get>
double median_of(const std::vector<Cost>& costs, Get get) {
  Summary summary;
  for (const auto& cost : costs) summary.rounds.push_back(get(cost));
  return summary.median();
}

json::object hand_written(const HandWritten& series) {
  json::object object;
  put(object, "sagas_per_s", series.best);
  json::object clients;
  for (const auto& [count, summary] : series.by_clients) {
    clients[std::to_string(count)] = summary.median();
  }
  object["sagas_per_s_by_clients"] = std::move(clients);
  object["cpu_postgres_us"] = series.cpu_postgres_us.median();
  object["wal_bytes"] = series.wal_bytes.median();
  return object;
}

json::object latency(const LatencySeries& series) {
  json::object object;
  put(object, "p50", series.p50);
  put(object, "p95", series.p95);
  put(object, "p99", series.p99);
  put(object, "p999", series.p999);
  object["max"] = series.max.max();
  object["samples"] = series.samples;
  object["completed_per_s"] = series.completed.median();
  if (series.load > 0) {
    object["load"] = series.load;
    object["rate_per_s"] = series.rate.median();
    object["p99_to_p50"] = ratio(series.p99.median(), series.p50.median());
  }
  return object;
}

json::object cost(const Results& results) {
  const auto& each = results.sagad.at("jetstream").each;
  json::object object{
      {"cpu_us", median_of(each, [](const Cost& c) { return c.cpu_us(); })},
      {"cpu_postgres_us", median_of(each, [](const Cost& c) { return c.cpu_postgres_us; })},
      {"cpu_nats_us", median_of(each, [](const Cost& c) { return c.cpu_nats_us; })},
      {"cpu_sagad_us", median_of(each, [](const Cost& c) { return c.cpu_sagad_us; })},
      {"cpu_load_us", median_of(each, [](const Cost& c) { return c.cpu_load_us; })},
      {"wal_bytes", median_of(each, [](const Cost& c) { return c.wal_bytes; })},
      {"transactions", median_of(each, [](const Cost& c) { return c.transactions; })},
      {"messages", median_of(each, [](const Cost& c) { return c.messages; })},
      {"disk_bytes", median_of(each, [](const Cost& c) { return c.disk_bytes; })}};
  if (results.counted && results.counted->statements) {
    object["sql_statements"] = *results.counted->statements;
  }
  if (results.memory) {
    object["memory_kib"] = json::object{{"postgres", results.memory->postgres},
                                        {"nats", results.memory->nats},
                                        {"sagad", results.memory->sagad}};
  }
  return object;
}

double rate_of(const Results& results, const std::string& name) {
  const auto found = results.sagad.find(name);
  return found == results.sagad.end() ? 0 : found->second.sagas_per_s.median();
}

/// printf, because the table is easier to read in the code this way.
template <typename... Values>
void line(std::ostream& out, const char* format, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, format, values...);
  out << text << '\n';
}

void rate_line(std::ostream& out, const char* name, const Summary& summary) {
  line(out, "  %-34s %8.0f %8.0f %8.0f %7.0f %%", name, summary.median(), summary.min(),
       summary.max(), summary.spread() * 100);
}

void latency_line(std::ostream& out, const std::string& name, const LatencySeries& series) {
  line(out, "  %-34s %8.2f %8.2f %8.2f %8.2f %9zu", name.c_str(), series.p50.median(),
       series.p95.median(), series.p99.median(), series.p999.median(), series.samples);
}

}  // namespace

json::object to_json(const Results& results, json::object machine) {
  json::object sagad;
  for (const auto& [name, series] : results.sagad) {
    json::object object;
    put(object, "sagas_per_s", series.sagas_per_s);
    object["starts_per_s"] = series.starts_per_s.median();
    sagad[name] = std::move(object);
  }
  sagad["latency_1client_ms"] = latency(results.one_client);
  json::array loads;
  for (const auto& series : results.open_loop) loads.push_back(latency(series));
  if (!loads.empty()) sagad["latency_open_loop_ms"] = std::move(loads);

  const double top = rate_of(results, "jetstream");
  json::object document{{"machine", std::move(machine)},
                        {"seconds", results.seconds},
                        {"floor", hand_written(results.floor)},
                        {"recipe", hand_written(results.recipe)},
                        {"sagad", std::move(sagad)},
                        {"ratio_to_floor", ratio(top, results.floor.best.median())},
                        {"ratio_to_recipe", ratio(top, results.recipe.best.median())},
                        {"ratio_batch_to_floor",
                         ratio(rate_of(results, "jetstream_batch"), results.floor.best.median())},
                        {"cost", cost(results)}};
  for (const auto& [name, series] : results.peers) {
    auto& peers = document["peers"];
    auto& peer =
        (peers.is_object() ? peers.get_object() : peers.emplace_object())[name].emplace_object();
    put(peer, "sagas_per_s", series.sagas_per_s);
    peer["clients"] = series.clients;
    json::object one;
    put(one, "p50", series.p50_1client);
    put(one, "p99", series.p99_1client);
    peer["latency_1client_ms"] = std::move(one);
    document["ratio_to_" + name] = ratio(top, series.sagas_per_s.median());
  }
  if (const double refused = rate_of(results, "jetstream_refused"); refused > 0) {
    document["ratio_cost_of_refusals"] = ratio(top, refused);
  }
  return document;
}

void print_table(const Results& results, const json::object& machine, std::ostream& out) {
  const double top = rate_of(results, "jetstream");
  const double floor = results.floor.best.median();
  line(out, "\nratios of medians, starts by JetStream, three databases");
  line(out, "  %-34s %8.2f", "rows / floor", ratio(top, floor));
  line(out, "  %-34s %8.2f", "rows / recipe", ratio(top, results.recipe.best.median()));
  line(out, "  %-34s %8.2f", "batch / floor", ratio(rate_of(results, "jetstream_batch"), floor));
  if (const double refused = rate_of(results, "jetstream_refused"); refused > 0) {
    line(out, "  %-34s %8.2f", "cost of 10 % refusals", ratio(top, refused));
  }

  for (const auto& [name, series] : results.peers) {
    line(out, "  %-34s %8.2f", ("rows / " + name).c_str(), ratio(top, series.sagas_per_s.median()));
    line(out, "  %-34s %8.2f", ("median latency, 1 client / " + name).c_str(),
         ratio(results.one_client.p50.median(), series.p50_1client.median()));
  }

  line(out, "\n%-36s %8s %8s %8s %9s", "sagas a second", "median", "min", "max", "spread");
  rate_line(out, "floor (pgbench, 2 transactions)", results.floor.best);
  rate_line(out, "recipe (pgbench, 4 transactions)", results.recipe.best);
  for (const auto& [name, series] : results.sagad) {
    rate_line(out, ("sagad " + name).c_str(), series.sagas_per_s);
  }

  for (const auto& [name, series] : results.peers) {
    rate_line(out, (name + ", " + std::to_string(series.clients) + " clients").c_str(),
              series.sagas_per_s);
  }

  line(out, "\n%-36s %8s %8s %8s %8s %9s", "start to completion, ms", "p50", "p95", "p99", "p99.9",
       "samples");
  latency_line(out, "1 client", results.one_client);
  for (const auto& series : results.open_loop) {
    latency_line(out,
                 "open loop, " + std::to_string(std::lround(series.load * 100)) +
                     " % = " + std::to_string(std::lround(series.rate.median())) + "/s",
                 series);
  }

  for (const auto& [name, series] : results.peers) {
    line(out, "  %-34s %8.2f %8s %8.2f", (name + ", 1 client").c_str(), series.p50_1client.median(),
         "", series.p99_1client.median());
  }

  const auto spent = cost(results);
  const auto figure = [&](const char* name) { return spent.at(name).to_number<double>(); };
  line(out, "\na saga costs (rows, JetStream)");
  line(out, "  CPU us: %.0f (PostgreSQL %.0f, sagad %.0f, nats-server %.0f); load program %.0f",
       figure("cpu_us"), figure("cpu_postgres_us"), figure("cpu_sagad_us"), figure("cpu_nats_us"),
       figure("cpu_load_us"));
  line(out, "  floor: PostgreSQL %.0f us, WAL %.0f bytes; recipe: %.0f us, %.0f bytes",
       results.floor.cpu_postgres_us.median(), results.floor.wal_bytes.median(),
       results.recipe.cpu_postgres_us.median(), results.recipe.wal_bytes.median());
  line(out, "  WAL bytes %.0f, disk bytes %.0f, writing transactions %.3f, messages %.2f",
       figure("wal_bytes"), figure("disk_bytes"), figure("transactions"), figure("messages"));
  if (spent.contains("sql_statements")) {
    line(out, "  SQL statements %.2f", figure("sql_statements"));
  }
  if (results.memory) {
    line(out, "  memory MiB after it all: PostgreSQL %.0f, sagad %.0f, nats-server %.0f",
         static_cast<double>(results.memory->postgres) / 1024,
         static_cast<double>(results.memory->sagad) / 1024,
         static_cast<double>(results.memory->nats) / 1024);
  }
  line(out, "\nmeasured in %.0f s, load average before: %s", results.seconds,
       machine.at("load_average_before").as_string().c_str());
}

}  // namespace sagad::bench
