#include "sagactl/client.hpp"

#include <httplib.h>

#include <chrono>

namespace sagad::ctl {
namespace {

constexpr std::chrono::seconds kConnectTimeout{5};
constexpr std::chrono::seconds kAnswerTimeout{30};

/// RFC 3986: all but the unreserved characters.
std::string percent_encode(const std::string& text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4U];
      encoded += kDigits[byte & 0xFU];
    }
  }
  return encoded;
}

std::string target(const std::vector<std::string>& path, const Query& query) {
  std::string text;
  for (const auto& segment : path) text += "/" + percent_encode(segment);
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    text += separator + name + "=" + percent_encode(value);
    separator = '&';
  }
  return text;
}

/// `http://host:port`, without what may follow.
std::string origin(const std::string& server) {
  const bool known = server.rfind("http://", 0) == 0 || server.rfind("https://", 0) == 0;
  const auto host = server.find("://") + 3;
  if (!known || host >= server.size()) {
    throw std::invalid_argument("not a server: '" + server +
                                "' (expected a URL: http://127.0.0.1:8080)");
  }
  return server.substr(0, server.find('/', host));
}

}  // namespace

class Client::Impl {
 public:
  explicit Impl(const std::string& server) : server_(origin(server)), client_(server_) {
    client_.set_connection_timeout(kConnectTimeout);
    client_.set_tcp_nodelay(true);
    client_.set_keep_alive(true);
    client_.set_url_encode(false);
  }

  Reply get(const std::string& target, base::Duration wait) {
    client_.set_read_timeout(kAnswerTimeout + wait);
    return read(client_.Get(target));
  }

  Reply post(const std::string& target, const std::string& body, const std::string& key,
             base::Duration wait) {
    client_.set_read_timeout(kAnswerTimeout + wait);
    httplib::Headers headers;
    if (!key.empty()) headers.emplace("Idempotency-Key", key);
    return read(client_.Post(target, headers, body, "application/json"));
  }

 private:
  Reply read(const httplib::Result& result) const {
    if (!result) {
      throw Unreachable("no answer from " + server_ + " (" + httplib::to_string(result.error()) +
                        "); is sagad running there? --server or SAGAD_SERVER names another one");
    }
    Reply reply{result->status, nullptr, result->body};
    boost::json::error_code error;
    reply.body = boost::json::parse(reply.text, error);
    if (error || !reply.body.is_object()) {
      throw Unreachable("what answers at " + server_ + " is no sagad: status " +
                        std::to_string(reply.status) + ", not a JSON object");
    }
    return reply;
  }

  std::string server_;
  httplib::Client client_;
};

Client::Client(const std::string& server) : impl_(std::make_unique<Impl>(server)) {}

Client::~Client() = default;

Reply Client::get(const std::vector<std::string>& path, const Query& query, base::Duration wait) {
  return impl_->get(target(path, query), wait);
}

Reply Client::post(const std::vector<std::string>& path, const Query& query,
                   const std::string& body, const std::string& key, base::Duration wait) {
  return impl_->post(target(path, query), body, key, wait);
}

}  // namespace sagad::ctl
