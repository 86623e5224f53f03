#pragma once

#include <cstddef>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <utility>

/// What differs between libpqxx 6.4 (Debian 12) and 7.10 (Debian 13).
namespace sagad::postgres::compat {

#if PQXX_VERSION_MAJOR >= 7
using BinaryParameter = pqxx::bytes_view;

inline BinaryParameter binary_parameter(std::string_view bytes) {
  return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
}

inline void forbid_reconnecting(pqxx::connection&) {}  // version 7 never does

inline void prepare_now(pqxx::connection& connection, const std::string& name,
                        const std::string& sql) {
  connection.prepare(name, sql);
}

template <typename... Args>
pqxx::result exec_prepared(pqxx::transaction_base& tx, const std::string& name, Args&&... args) {
  return tx.exec(pqxx::prepped{name}, pqxx::params{std::forward<Args>(args)...});
}
#else
using BinaryParameter = pqxx::binarystring;

inline BinaryParameter binary_parameter(std::string_view bytes) {
  return BinaryParameter(bytes.data(), bytes.size());
}

/// Version 6 opens a lost connection anew in the middle of things; we want to know instead.
inline void forbid_reconnecting(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

inline void prepare_now(pqxx::connection& connection, const std::string& name,
                        const std::string& sql) {
  connection.prepare(name, sql);
  connection.prepare_now(name);
}

template <typename... Args>
pqxx::result exec_prepared(pqxx::transaction_base& tx, const std::string& name, Args&&... args) {
  return tx.exec_prepared(name, std::forward<Args>(args)...);
}
#endif

}  // namespace sagad::postgres::compat
