#include "api/server.hpp"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "api/connection_pool.hpp"

namespace sagad::api {
namespace {

constexpr time_t kKeepAliveSeconds = 2;
constexpr std::size_t kKeepAliveRequests = 1'000'000;
constexpr time_t kIoSeconds = 10;

/// Without SO_REUSEPORT, the library's default: two daemons would share a port and not know it.
void reuse_address_only(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Request to_request(const httplib::Request& from, std::string body) {
  Request request;
  request.method = from.method == "HEAD" ? "GET" : from.method;
  request.path = from.path;
  request.query.insert(from.params.begin(), from.params.end());
  for (const auto& [name, value] : from.headers) request.headers.emplace(lower(name), value);
  request.body = std::move(body);
  return request;
}

void fill(httplib::Response& to, const Response& from) {
  to.status = from.status;
  for (const auto& [name, value] : from.headers) to.set_header(name, value);
  to.set_content(from.body, from.content_type);
}

/// Has a body of no announced length: by RFC 9112 that is none, but the library would read until
/// the connection ends.
bool lacks_body(const httplib::Request& request) {
  return (request.method == "POST" || request.method == "PUT" || request.method == "PATCH") &&
         !request.has_header("Content-Length") && !request.has_header("Transfer-Encoding");
}

/// Reads all of the body, so that the connection stays usable, and keeps at most `limit` bytes:
/// a compressed body may be much larger than it looks. Returns false if it cannot be kept.
bool read_body(const httplib::Request& request, const httplib::ContentReader& reader,
               std::size_t limit, std::string& body) {
  bool fits = true;
  const auto keep = [&](const char* data, std::size_t size) {
    fits = fits && body.size() + size <= limit;
    if (fits) body.append(data, size);
    return true;
  };
  if (request.is_multipart_form_data()) {
    return reader([](const httplib::MultipartFormData&) { return true; },
                  [](const char*, std::size_t) { return true; });
  }
  return reader(keep) && fits;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Options options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)), address_(options_.listen) {
    configure();
    add_handlers();
  }

  void start() {
    errno = 0;
    const int port =
        address_.port == 0
            ? server_.bind_to_any_port(address_.host)
            : (server_.bind_to_port(address_.host, address_.port) ? address_.port : -1);
    if (port <= 0) {
      const auto why = errno == 0 ? std::string("not an address of this machine")
                                  : std::generic_category().message(errno);
      throw std::runtime_error("cannot listen on " + address_.str() + ": " + why +
                               "; free it, or configure another address");
    }
    // The library lets five connections wait to be accepted: more at once would be dropped, and
    // try again after a second. A second call only changes the number.
    ::listen(listener_, SOMAXCONN);
    address_.port = port;
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    // stop() is lost on a server that does not run yet.
    while (!server_.is_running() && !ended_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void stop() {
    if (!thread_.joinable()) return;
    draining_ = true;
    server_.stop();
    thread_.join();
  }

  const Address& address() const { return address_; }

 private:
  void configure() {
    server_.set_socket_options([this](socket_t socket) {
      reuse_address_only(socket);
      listener_ = socket;
    });
    // Head and body go out in two writes: with Nagle's algorithm the second one waits for an ack.
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_timeout(kKeepAliveSeconds);
    server_.set_keep_alive_max_count(kKeepAliveRequests);
    server_.set_read_timeout(kIoSeconds);
    server_.set_write_timeout(kIoSeconds);
    server_.set_payload_max_length(options_.max_body);
    server_.new_task_queue = [this] { return new ConnectionPool(options_.max_connections); };
  }

  void add_handlers() {
    using HandlerResponse = httplib::Server::HandlerResponse;
    server_.set_pre_routing_handler([this](const httplib::Request& from, httplib::Response& to) {
      if (!lacks_body(from)) return HandlerResponse::Unhandled;
      fill(to, handler_(to_request(from, {})));
      return HandlerResponse::Handled;
    });
    const auto without_body = [this](const httplib::Request& from, httplib::Response& to) {
      fill(to, handler_(to_request(from, {})));
    };
    const auto with_body = [this](const httplib::Request& from, httplib::Response& to,
                                  const httplib::ContentReader& reader) {
      std::string body;
      if (read_body(from, reader, options_.max_body, body)) {
        fill(to, handler_(to_request(from, std::move(body))));
      } else {
        fill(to, problem_response(problem_of_status(to.status < 400 ? 413 : to.status), from.path));
      }
    };
    server_.Get(".*", without_body);
    server_.Options(".*", without_body);
    server_.Post(".*", with_body);
    server_.Put(".*", with_body);
    server_.Patch(".*", with_body);
    server_.Delete(".*", with_body);
    // What the library refuses by itself has no body yet.
    server_.set_error_handler(httplib::Server::HandlerWithResponse(
        [](const httplib::Request& from, httplib::Response& to) {
          if (!to.body.empty()) return HandlerResponse::Unhandled;
          fill(to, problem_response(problem_of_status(to.status), from.path));
          return HandlerResponse::Handled;
        }));
    server_.set_exception_handler(
        [](const httplib::Request& from, httplib::Response& to, const std::exception_ptr&) {
          fill(to, problem_response(problem_of_status(500), from.path));
        });
    server_.set_post_routing_handler([this](const httplib::Request&, httplib::Response& to) {
      if (draining_) to.set_header("Connection", "close");
    });
  }

  Options options_;
  Handler handler_;
  Address address_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> ended_{false};
  httplib::Server server_;
  socket_t listener_ = INVALID_SOCKET;
  std::thread thread_;
};

HttpServer::HttpServer(Options options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start() { impl_->start(); }

void HttpServer::stop() { impl_->stop(); }

const Address& HttpServer::address() const { return impl_->address(); }

}  // namespace sagad::api
