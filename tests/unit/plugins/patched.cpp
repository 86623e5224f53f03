// A fingerprint in which one field is not that of this build. Nothing of such a plugin may be
// called, so its registration ends the process.

#include <cstdlib>
#include <sagad/abi.hpp>

#ifndef PATCH_struct_size
#define PATCH_struct_size sizeof(sagad_abi_v1)
#endif
#ifndef PATCH_sdk_abi
#define PATCH_sdk_abi SAGAD_SDK_ABI
#endif
#ifndef PATCH_cxx11_abi
#define PATCH_cxx11_abi _GLIBCXX_USE_CXX11_ABI
#endif
#ifndef PATCH_libstdcxx
#define PATCH_libstdcxx _GLIBCXX_RELEASE
#endif
#ifndef PATCH_libstdcxx_debug
#define PATCH_libstdcxx_debug SAGAD_LIBSTDCXX_DEBUG
#endif
#ifndef PATCH_pqxx_major
#define PATCH_pqxx_major PQXX_VERSION_MAJOR
#endif
#ifndef PATCH_pqxx_minor
#define PATCH_pqxx_minor PQXX_VERSION_MINOR
#endif
#ifndef PATCH_boost_version
#define PATCH_boost_version BOOST_VERSION
#endif
#ifndef PATCH_plugin_name
#define PATCH_plugin_name SAGAD_PLUGIN_NAME
#endif
#ifndef PATCH_plugin_version
#define PATCH_plugin_version SAGAD_PLUGIN_VERSION
#endif
#ifndef PATCH_describe
#define PATCH_describe &must_not_be_called
#endif

[[maybe_unused]] static void must_not_be_called(void*) { std::abort(); }

SAGAD_EXPORT const sagad_abi_v1 sagad_plugin_v1;
const sagad_abi_v1 sagad_plugin_v1 = {
    PATCH_struct_size,     PATCH_sdk_abi,        PATCH_cxx11_abi,  PATCH_libstdcxx,
    PATCH_libstdcxx_debug, PATCH_pqxx_major,     PATCH_pqxx_minor, PATCH_boost_version,
    PATCH_plugin_name,     PATCH_plugin_version, PATCH_describe};
