#include "postgres/settings.hpp"

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <stdexcept>

namespace sagad::postgres {

namespace {

using Keywords = std::map<std::string, std::string>;

/// libpq's own parser: the only one that knows both notations with all their quoting.
Keywords parse(const std::string& target) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(target.c_str(), &message), &PQconninfoFree);
  if (!options) {
    std::string reason = message != nullptr ? message : "out of memory";
    PQfreemem(message);
    while (!reason.empty() && reason.back() == '\n') reason.pop_back();
    throw std::invalid_argument(
        "the connection string of a database cannot be read: " + reason +
        "; it is like postgresql://user@host:5432/database or 'host=… dbname=…'");
  }
  Keywords keywords;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) keywords.emplace(option->keyword, option->val);
  }
  return keywords;
}

std::string milliseconds(base::Duration duration) { return std::to_string(duration.count()); }

/// Command-line options of the server: a later one wins over an earlier one.
std::string server_options(const SessionSettings& settings) {
  // jit: compiling costs milliseconds, our statements microseconds.
  std::string options =
      "-c jit=off -c enable_seqscan=off -c lock_timeout=" + milliseconds(settings.lock_timeout) +
      " -c idle_in_transaction_session_timeout=" +
      milliseconds(settings.idle_in_transaction_timeout);
  if (settings.own_statements_only) {
    // A plan for the arrays at hand costs more than it saves: measured for one instance, 330 µs of
    // the server's time to lock it with a plan of its own, 155 µs with the generic one.
    options +=
        " -c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off";
  }
  return options;
}

std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

}  // namespace

std::string connection_string(const std::string& target, const SessionSettings& settings) {
  Keywords keywords = parse(target);
  // A peer that is gone without a word is noticed within about half a minute.
  keywords.emplace("connect_timeout", "5");
  keywords.emplace("keepalives", "1");
  keywords.emplace("keepalives_idle", "10");
  keywords.emplace("keepalives_interval", "5");
  keywords.emplace("keepalives_count", "3");
  keywords.emplace("tcp_user_timeout", "15000");
  keywords.emplace("client_encoding", "UTF8");
  keywords.emplace("application_name", settings.application_name);
  std::string& options = keywords["options"];
  options = options.empty() ? server_options(settings) : server_options(settings) + " " + options;

  std::string text;
  for (const auto& [keyword, value] : keywords) {
    if (!text.empty()) text += ' ';
    text += keyword + "=" + quoted(value);
  }
  return text;
}

}  // namespace sagad::postgres
