#include "sagabench/http_load.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace sagad::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kAnswerLimit{60};
constexpr int kMostAttempts = 3;
constexpr std::size_t kOpenedBefore = 64;

class HttpLoad {
 public:
  HttpLoad(std::uint16_t port, const std::vector<HttpRequest>& requests, bool keep_bodies)
      : port_(port), requests_(requests), keep_bodies_(keep_bodies), outcomes_(requests.size()) {
    poll_ = epoll_create1(EPOLL_CLOEXEC);
    if (poll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
  ~HttpLoad() {
    for (const auto& connection : connections_) {
      if (connection.file >= 0) close(connection.file);
    }
    close(poll_);
  }
  HttpLoad(const HttpLoad&) = delete;
  HttpLoad& operator=(const HttpLoad&) = delete;

  std::vector<HttpOutcome> run(int connections) {
    open(static_cast<std::size_t>(connections));
    begin_ = steady_clock::now();
    while (answered_ < requests_.size()) {
      send_due();
      wait();
    }
    return std::move(outcomes_);
  }

 private:
  struct Connection {
    int file = -1;
    bool busy = false;
    int attempts = 0;  ///< to send the request
    std::size_t request = 0;
    std::string received;
  };

  nanoseconds now() const { return steady_clock::now() - begin_; }

  void open(std::size_t count) {
    connections_.resize(std::min(count, requests_.size()));
    // The first ones now, so that connecting is not measured; an open loop seldom needs more.
    for (std::size_t i = connections_.size(); i > 0; --i) {
      if (i <= kOpenedBefore) {
        connect(i - 1);
        greet(connections_[i - 1].file);
      }
      idle_.push_back(i - 1);
    }
  }

  void connect(std::size_t place) {
    connections_[place].file = connect_to(port_, false);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = place;
    if (epoll_ctl(poll_, EPOLL_CTL_ADD, connections_[place].file, &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
  }

  /// Asks for nothing and waits for the answer: only then has the server taken the connection.
  static void greet(int file) {
    const std::string_view text = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    std::string received;
    std::array<char, 4096> buffer;
    auto got = send(file, text.data(), text.size(), MSG_NOSIGNAL);
    while (got > 0 && !read_answer(received)) {
      pollfd ready{file, POLLIN, 0};
      got = poll(&ready, 1, static_cast<int>(milliseconds(kAnswerLimit).count()));
      if (got > 0) got = recv(file, buffer.data(), buffer.size(), 0);
      if (got > 0) received.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (got <= 0) throw std::runtime_error("sagad did not take an HTTP connection");
  }

  void send_due() {
    while (!idle_.empty() && next_ < requests_.size() && requests_[next_].due <= now()) {
      const auto place = idle_.back();
      idle_.pop_back();
      auto& connection = connections_[place];
      connection.request = next_++;
      connection.busy = true;
      connection.attempts = 1;
      auto& outcome = outcomes_[connection.request];
      outcome.due = requests_[connection.request].due;
      outcome.sent = now();
      send_request(place);
    }
  }

  void send_request(std::size_t place) {
    auto& connection = connections_[place];
    if (connection.file < 0) connect(place);
    const auto& text = requests_[connection.request].text;
    // A request is smaller than the buffer of an idle connection. One that the server has closed
    // meanwhile says so when it is read.
    const auto sent = send(connection.file, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(text.size()) && errno != EPIPE && errno != ECONNRESET) {
      throw std::system_error(errno, std::generic_category(), "send a request to sagad");
    }
  }

  void wait() {
    timespec timeout{kAnswerLimit.count(), 0};
    const bool for_due = !idle_.empty() && next_ < requests_.size();
    if (for_due) {
      const auto left = std::max(requests_[next_].due - now(), nanoseconds{0});
      timeout = {left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    }
    std::array<epoll_event, 64> events;
    const int count =
        epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    if (count < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "epoll_pwait2");
    }
    if (count == 0 && !for_due) {
      throw std::runtime_error("sagad did not answer an HTTP request within a minute");
    }
    for (int i = 0; i < count; ++i) receive(events[static_cast<std::size_t>(i)].data.u64);
  }

  void receive(std::size_t place) {
    auto& connection = connections_[place];
    std::array<char, 16384> buffer;
    const auto got = recv(connection.file, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 || !connection.busy) return closed(place);
    connection.received.append(buffer.data(), static_cast<std::size_t>(got));
    const auto answer = read_answer(connection.received);
    if (!answer) return;
    auto& outcome = outcomes_[connection.request];
    outcome.answered = now();
    outcome.status = answer->status;
    if (keep_bodies_ || answer->status >= 300) outcome.body = answer->body;
    ++answered_;
    const bool closes = answer->closes;
    connection.received.clear();
    connection.busy = false;
    if (closes) disconnect(connection);
    idle_.push_back(place);
  }

  /// The server ends connections that were idle for a while. It may do so while the next request
  /// is on its way: that one is sent again, which is safe, because it has a key.
  void closed(std::size_t place) {
    auto& connection = connections_[place];
    disconnect(connection);
    if (!connection.busy) return;  // the next request connects again
    if (!connection.received.empty() || ++connection.attempts > kMostAttempts) {
      throw std::runtime_error("sagad closed an HTTP connection without an answer");
    }
    send_request(place);
  }

  static void disconnect(Connection& connection) {
    close(connection.file);  // and leaves the epoll set with it
    connection.file = -1;
  }

  const std::uint16_t port_;
  const std::vector<HttpRequest>& requests_;
  const bool keep_bodies_;
  std::vector<HttpOutcome> outcomes_;
  int poll_ = -1;
  steady_clock::time_point begin_;
  std::vector<Connection> connections_;
  std::vector<std::size_t> idle_;
  std::size_t next_ = 0;
  std::size_t answered_ = 0;
};

}  // namespace

std::vector<HttpOutcome> run_http_load(std::uint16_t port, int connections,
                                       const std::vector<HttpRequest>& requests, bool keep_bodies) {
  return HttpLoad(port, requests, keep_bodies).run(connections);
}

}  // namespace sagad::bench
