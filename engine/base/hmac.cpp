#include "base/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>
#include <string>

namespace sagad::base {
namespace {

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

class Hmac::State {
 public:
  explicit State(std::string_view key)
      : mac_(EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free),
        context_(EVP_MAC_CTX_new(mac_.get()), &EVP_MAC_CTX_free) {
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    check(context_ != nullptr &&
          EVP_MAC_init(context_.get(), bytes(key), key.size(), parameters.data()) == 1);
  }

  Code code(std::string_view data) {
    Code code{};
    std::size_t size = 0;
    // Without a key: begins anew under the one that it has.
    check(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
          EVP_MAC_update(context_.get(), bytes(data), data.size()) == 1 &&
          EVP_MAC_final(context_.get(), code.data(), &size, code.size()) == 1 &&
          size == code.size());
    return code;
  }

 private:
  static void check(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL has no HMAC-SHA-256");
  }

  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac_;
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context_;
};

Hmac::Hmac(std::string_view key) : state_(std::make_unique<State>(key)) {}
Hmac::~Hmac() = default;
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;

Hmac::Code Hmac::code(std::string_view data) { return state_->code(data); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sagad::base
