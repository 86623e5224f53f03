#include "plugins/fingerprint.hpp"

#include <cstdint>

namespace sagad::plugins {
namespace {

std::string differ(const std::string& theirs, const std::string& ours) {
  return "built with " + theirs + ", this engine with " + ours;
}

std::string pqxx(const sagad_abi_v1& abi) {
  return "libpqxx " + std::to_string(abi.pqxx_major) + "." + std::to_string(abi.pqxx_minor);
}

/// BOOST_VERSION is major * 100000 + minor * 100 + patch.
std::string boost(std::uint32_t version) {
  return "Boost " + std::to_string(version / 100000) + "." + std::to_string(version / 100 % 1000) +
         "." + std::to_string(version % 100);
}

std::string macro(const char* name, std::uint32_t value) {
  return std::string(name) + "=" + std::to_string(value);
}

}  // namespace

sagad_abi_v1 engine_fingerprint() { return {SAGAD_ABI_FINGERPRINT, nullptr, nullptr, nullptr}; }

std::optional<std::string> fingerprint_difference(const sagad_abi_v1& theirs,
                                                  const sagad_abi_v1& ours) {
  if (theirs.struct_size != ours.struct_size) {
    return differ("a fingerprint of " + std::to_string(theirs.struct_size) + " bytes",
                  std::to_string(ours.struct_size) + " bytes");
  }
  if (theirs.sdk_abi != ours.sdk_abi) {
    return differ("sagad SDK ABI " + std::to_string(theirs.sdk_abi),
                  "SDK ABI " + std::to_string(ours.sdk_abi));
  }
  if (theirs.cxx11_abi != ours.cxx11_abi) {
    return differ(macro("_GLIBCXX_USE_CXX11_ABI", theirs.cxx11_abi),
                  macro("_GLIBCXX_USE_CXX11_ABI", ours.cxx11_abi));
  }
  if (theirs.libstdcxx != ours.libstdcxx) {
    return differ("libstdc++ " + std::to_string(theirs.libstdcxx),
                  "libstdc++ " + std::to_string(ours.libstdcxx));
  }
  if (theirs.libstdcxx_debug != ours.libstdcxx_debug) {
    return differ(macro("_GLIBCXX_DEBUG", theirs.libstdcxx_debug),
                  macro("_GLIBCXX_DEBUG", ours.libstdcxx_debug));
  }
  if (theirs.pqxx_major != ours.pqxx_major || theirs.pqxx_minor != ours.pqxx_minor) {
    return differ(pqxx(theirs), pqxx(ours));
  }
  if (theirs.boost_version != ours.boost_version) {
    return differ(boost(theirs.boost_version), boost(ours.boost_version));
  }
  return std::nullopt;
}

}  // namespace sagad::plugins
