#include "sagabench/script.hpp"

#include <regex>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "sagabench/order_queries.gen.hpp"
#include "sagabench/pay_queries.gen.hpp"

namespace sagad::bench {
namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n;");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n;") - first + 1));
}

template <typename Queries>
std::string_view find_query(const Queries& queries, std::string_view name) {
  for (const auto& query : queries) {
    if (query.name == name) return query.sql;
  }
  return {};
}

std::string_view statement(std::string_view service, std::string_view name) {
  if (service == "order") return find_query(order_queries::kAllQueries, name);
  if (service == "pay") return find_query(pay_queries::kAllQueries, name);
  return {};
}

/// `sql` without the lines that are comments, with `values[n - 1]` for `$n`.
std::string put_in(std::string_view sql, const std::vector<std::string>& values) {
  std::string text;
  std::istringstream lines{std::string(sql)};
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("--", 0) != 0) text += line + "\n";
  }
  // The last first, so that $1 is not found in $10.
  for (std::size_t n = values.size(); n > 0; --n) {
    const std::string parameter = "$" + std::to_string(n);
    const std::string value = "(" + values[n - 1] + ")";
    for (auto at = text.find(parameter); at != std::string::npos;
         at = text.find(parameter, at + value.size())) {
      text.replace(at, parameter.size(), value);
    }
  }
  if (text.find('$') != std::string::npos) throw std::runtime_error("parameters are missing");
  return trimmed(text);
}

std::string expand_line(const std::string& line) {
  static const std::regex kPattern(R"(\{([a-z]+)\.([A-Za-z]+): ([^}]*)\}(.*))");
  std::smatch found;
  if (!std::regex_match(line, found, kPattern)) {
    throw std::runtime_error("pgbench script: cannot read '" + line + "'");
  }
  std::vector<std::string> values;
  std::string value;
  const std::string list = found[3];
  // Separated by " | "; the operator || has no space inside.
  for (std::size_t at = 0; at <= list.size();) {
    auto end = list.find(" | ", at);
    if (end == std::string::npos) end = list.size();
    values.push_back(trimmed(list.substr(at, end - at)));
    at = end + 3;
  }
  const auto sql = statement(found[1].str(), found[2].str());
  if (sql.empty()) throw std::runtime_error("pgbench script: no such statement: '" + line + "'");
  const std::string rest = found[4];
  return put_in(sql, values) + (trimmed(rest).empty() ? ";" : rest);
}

}  // namespace

std::string business_statement(const std::string& service, const std::string& name) {
  const auto sql = statement(service, name);
  if (sql.empty()) throw std::runtime_error("the plugin " + service + " has no query " + name);
  return std::string(sql);
}

std::string expand_script(std::string_view text) {
  std::string expanded;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    expanded += (line.rfind('{', 0) == 0 ? expand_line(line) : line) + "\n";
  }
  return expanded;
}

}  // namespace sagad::bench
