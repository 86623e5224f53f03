#include "jetstream/link_options.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sagad::jetstream {
namespace {

constexpr int kConnectMs = 2'000;
/// A server that does not read is given up after this, so that publish() cannot hang.
constexpr int kWriteMs = 2'000;
/// A server that does not answer is given up after three of these.
constexpr int kPingMs = 5'000;

void check(natsStatus status, const std::string& what) {
  if (status == NATS_OK) return;
  throw std::runtime_error("nats: " + what + " is refused: " + describe(status));
}

std::vector<std::string> split(const std::string& urls) {
  std::vector<std::string> parts;
  std::string_view rest = urls;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    if (!part.empty()) parts.emplace_back(part);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return parts;
}

void set_servers(natsOptions* native, const std::string& urls) {
  const std::vector<std::string> parts = split(urls);
  std::vector<const char*> servers;
  servers.reserve(parts.size());
  for (const std::string& part : parts) servers.push_back(part.c_str());
  check(natsOptions_SetServers(native, servers.data(), static_cast<int>(servers.size())),
        "the url");
}

void set_security(natsOptions* native, const BusOptions& options) {
  if (!options.credentials_file.empty()) {
    check(
        natsOptions_SetUserCredentialsFromFiles(native, options.credentials_file.c_str(), nullptr),
        "credentials file '" + options.credentials_file + "'");
  }
  const bool asks_for_tls = options.url.find("tls://") != std::string::npos;
  if (asks_for_tls || !options.tls_ca_file.empty() || !options.tls_cert_file.empty()) {
    check(natsOptions_SetSecure(native, true), "TLS");
  }
  if (!options.tls_ca_file.empty()) {
    check(natsOptions_LoadCATrustedCertificates(native, options.tls_ca_file.c_str()),
          "TLS CA file '" + options.tls_ca_file + "'");
  }
  if (!options.tls_cert_file.empty()) {
    check(
        natsOptions_LoadCertificatesChain(native, options.tls_cert_file.c_str(),
                                          options.tls_key_file.c_str()),
        "TLS certificate '" + options.tls_cert_file + "' with key '" + options.tls_key_file + "'");
  }
}

}  // namespace

OptionsPtr make_link_options(const BusOptions& options) {
  natsOptions* created = nullptr;
  check(natsOptions_Create(&created), "an empty set of options");
  OptionsPtr native(created);
  set_servers(native.get(), options.url);
  set_security(native.get(), options);
  check(natsOptions_SetName(native.get(), options.client_name.c_str()), "the client's name");
  check(natsOptions_SetAllowReconnect(native.get(), false), "no reconnecting");
  check(natsOptions_SetTimeout(native.get(), kConnectMs), "the connect timeout");
  check(natsOptions_SetWriteDeadline(native.get(), kWriteMs), "the write timeout");
  check(natsOptions_SetPingInterval(native.get(), kPingMs), "the ping interval");
  check(natsOptions_SetMaxPingsOut(native.get(), 2), "the number of pings");
  return native;
}

}  // namespace sagad::jetstream
