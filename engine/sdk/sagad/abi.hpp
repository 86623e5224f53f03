#pragma once

#include <boost/version.hpp>
#include <cstdint>
#include <pqxx/version>

/// The fingerprint of the binary interface between the engine and a plugin. Both sides compile
/// this header; the loader compares before it calls anything. C types only, so that reading it
/// is safe whatever the other side was built with.

/// Raised whenever something in <sagad/...> changes that a built plugin has compiled in.
#define SAGAD_SDK_ABI 2

/// With it every container of the standard library has another layout.
#ifdef _GLIBCXX_DEBUG
#define SAGAD_LIBSTDCXX_DEBUG 1
#else
#define SAGAD_LIBSTDCXX_DEBUG 0
#endif

extern "C" {
struct sagad_abi_v1 {
  std::uint32_t struct_size;         ///< sizeof(sagad_abi_v1); first for ever
  std::uint32_t sdk_abi;             ///< SAGAD_SDK_ABI
  std::uint32_t cxx11_abi;           ///< _GLIBCXX_USE_CXX11_ABI
  std::uint32_t libstdcxx;           ///< _GLIBCXX_RELEASE (major version of the headers)
  std::uint32_t libstdcxx_debug;     ///< 1 with _GLIBCXX_DEBUG
  std::uint32_t pqxx_major;          ///< PQXX_VERSION_MAJOR
  std::uint32_t pqxx_minor;          ///< PQXX_VERSION_MINOR
  std::uint32_t boost_version;       ///< BOOST_VERSION
  const char* plugin_name;           ///< SAGAD_PLUGIN_NAME
  const char* plugin_version;        ///< SAGAD_PLUGIN_VERSION
  void (*describe)(void* registry);  ///< fills a sagad::Registry; may throw
};
}

#if defined(__GNUC__)
#define SAGAD_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define SAGAD_EXPORT extern "C"
#endif

/// The values of whoever compiles this line.
#define SAGAD_ABI_FINGERPRINT                                                    \
  sizeof(sagad_abi_v1), SAGAD_SDK_ABI, _GLIBCXX_USE_CXX11_ABI, _GLIBCXX_RELEASE, \
      SAGAD_LIBSTDCXX_DEBUG, PQXX_VERSION_MAJOR, PQXX_VERSION_MINOR, BOOST_VERSION

/// Defines the one symbol that the engine looks for, `sagad_plugin_v1`, and opens the body of
/// the function that registers the plugin's actions:
///
///     SAGAD_PLUGIN(registry) { registry.action("create", create_order); }
///
/// SAGAD_PLUGIN_NAME and SAGAD_PLUGIN_VERSION come from the CMake function sagad_add_plugin().
// NOLINTBEGIN(bugprone-macro-parentheses): the argument is the name of a parameter
#define SAGAD_PLUGIN(registry)                                                             \
  static void sagad_describe_plugin(sagad::Registry& registry);                            \
  static void sagad_describe_trampoline(void* opaque) {                                    \
    sagad_describe_plugin(*static_cast<sagad::Registry*>(opaque));                         \
  }                                                                                        \
  SAGAD_EXPORT const sagad_abi_v1 sagad_plugin_v1;                                         \
  const sagad_abi_v1 sagad_plugin_v1 = {SAGAD_ABI_FINGERPRINT, SAGAD_PLUGIN_NAME,          \
                                        SAGAD_PLUGIN_VERSION, &sagad_describe_trampoline}; \
  static void sagad_describe_plugin(sagad::Registry& registry)
// NOLINTEND(bugprone-macro-parentheses)
