#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "api/router.hpp"
#include "api/server.hpp"
#include "api/text.hpp"
#include "ports/errors.hpp"

namespace sagad::api {
namespace {

std::shared_ptr<spdlog::logger> quiet() {
  return std::make_shared<spdlog::logger>("quiet", std::make_shared<spdlog::sinks::null_sink_mt>());
}

/// A server on a free port with routes that misbehave in every way.
class ApiHttp : public testing::Test {
 protected:
  void SetUp() override {
    router_.add("GET", "/ok", [](const Request&) { return json_response(json::object{}); });
    router_.add("GET", "/items/*", [](const Request& request) {
      return json_response(json::object{{"item", request.parameters.at(0)}});
    });
    router_.add("POST", "/echo", [](const Request& request) {
      return json_response(json::object{{"size", request.body.size()}}, 201);
    });
    router_.add("GET", "/breaks",
                [](const Request&) -> Response { throw std::runtime_error("password=s3cret"); });
    router_.add("GET", "/away",
                [](const Request&) -> Response { throw ports::Unavailable("no database"); });
    server_.start();
  }

  httplib::Client client() const { return httplib::Client("127.0.0.1", server_.address().port); }

  static json::object problem(const httplib::Result& result) {
    EXPECT_EQ(result->get_header_value("Content-Type"), "application/problem+json");
    return json::parse(result->body).as_object();
  }

  ports::NoMetrics metrics_;
  Router router_{metrics_, quiet()};
  HttpServer server_{{{"127.0.0.1", 0}, 64, 1000},
                     [this](Request request) { return router_.handle(std::move(request)); }};
};

TEST_F(ApiHttp, UnknownPathIsAProblem) {
  const auto result = client().Get("/nowhere");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 404);
  const auto document = problem(result);
  EXPECT_EQ(document.at("type"), "urn:sagad:problem:unknown_path");
  EXPECT_EQ(document.at("title"), "Unknown path");
  EXPECT_EQ(document.at("status"), 404);
  EXPECT_EQ(document.at("detail"), "there is nothing at this path");
  EXPECT_EQ(document.at("instance"), "/nowhere");
}

TEST_F(ApiHttp, WrongMethodNamesTheRightOnes) {
  const auto result = client().Delete("/ok");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 405);
  EXPECT_EQ(result->get_header_value("Allow"), "GET");
  EXPECT_EQ(problem(result).at("detail"), "DELETE is not possible here; allowed: GET");
}

TEST_F(ApiHttp, SegmentsAreWhole) {
  EXPECT_EQ(client().Get("/items/a%20b")->body, "{\"item\":\"a b\"}\n");
  EXPECT_EQ(client().Get("/items/")->status, 404);
  EXPECT_EQ(client().Get("/items/a/b")->status, 404);
  EXPECT_EQ(client().Get("/okay")->status, 404);
}

TEST_F(ApiHttp, UnexpectedErrorsKeepTheirTextToTheLog) {
  const auto result = client().Get("/breaks");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 500);
  EXPECT_EQ(problem(result).at("type"), "urn:sagad:problem:internal");
  EXPECT_EQ(result->body.find("s3cret"), std::string::npos);
}

TEST_F(ApiHttp, LostDatabaseIs503AndToBeTriedAgain) {
  const auto result = client().Get("/away");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 503);
  EXPECT_EQ(result->get_header_value("Retry-After"), "1");
  EXPECT_EQ(problem(result).at("type"), "urn:sagad:problem:unavailable");
}

TEST_F(ApiHttp, PathThatIsNotUtf8GivesValidJson) {
  const auto result = client().Get("/%FF%00x");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 404);
  EXPECT_NO_THROW(json::parse(result->body));
  EXPECT_NE(result->body.find("\xEF\xBF\xBD"), std::string::npos);
}

TEST_F(ApiHttp, LongPathIsAnErrorAndNotACrash) {
  const auto result = client().Get("/" + std::string(8000, 'a'));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 404);
  const auto longer = client().Get("/" + std::string(100'000, 'a'));
  if (longer) {
    EXPECT_EQ(longer->status, 414);
  }
}

TEST_F(ApiHttp, BodyOverTheLimitIs413AndTheConnectionGoesOn) {
  auto connection = client();
  connection.set_keep_alive(true);
  EXPECT_EQ(connection.Post("/echo", std::string(1000, 'x'), "text/plain")->status, 201);
  const auto result = connection.Post("/echo", std::string(1001, 'x'), "text/plain");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 413);
  EXPECT_EQ(problem(result).at("type"), "urn:sagad:problem:too_large");
  EXPECT_EQ(connection.Get("/ok")->status, 200);
}

TEST_F(ApiHttp, CompressedBodyIsMeasuredUnpacked) {
  auto connection = client();
  connection.set_compress(true);
  const auto result = connection.Post("/echo", std::string(900'000, 'x'), "text/plain");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 413);
}

TEST_F(ApiHttp, MultipartBodyIsNoCrash) {
  const httplib::MultipartFormDataItems items = {{"a", "b", "", "text/plain"}};
  const auto result = client().Post("/echo", items);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 201);
}

/// Sends bytes as they are and returns the first line of the answer.
int connect_to(int port) {
  const int file = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(file, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return file;
}

std::string send_raw(int port, const std::string& text) {
  const int file = connect_to(port);
  EXPECT_EQ(::send(file, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  std::string answer(256, '\0');
  const timeval patience{3, 0};
  ::setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const auto size = ::recv(file, answer.data(), answer.size(), 0);
  ::close(file);
  answer.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return answer.substr(0, answer.find("\r\n"));
}

TEST_F(ApiHttp, PostWithoutLengthHasNoBodyAndIsAnswered) {
  EXPECT_EQ(send_raw(server_.address().port, "POST /echo HTTP/1.1\r\nHost: x\r\n\r\n"),
            "HTTP/1.1 201 Created");
}

TEST_F(ApiHttp, RubbishIs400) {
  EXPECT_EQ(send_raw(server_.address().port, "RUBBISH\r\n\r\n"), "HTTP/1.1 400 Bad Request");
}

TEST_F(ApiHttp, ConnectionServesMoreThanFiveRequests) {
  auto connection = client();
  connection.set_keep_alive(true);
  for (int i = 0; i < 50; ++i) {
    const auto result = connection.Get("/ok");
    ASSERT_TRUE(result) << "request " << i;
    EXPECT_NE(result->get_header_value("Connection"), "close");
  }
}

TEST_F(ApiHttp, IdleConnectionsDoNotStopOthers) {
  std::vector<std::unique_ptr<httplib::Client>> idle;
  for (int i = 0; i < 30; ++i) {
    idle.push_back(std::make_unique<httplib::Client>("127.0.0.1", server_.address().port));
    idle.back()->set_keep_alive(true);
    ASSERT_TRUE(idle.back()->Get("/ok"));
  }
  const auto started = std::chrono::steady_clock::now();
  ASSERT_TRUE(client().Get("/ok"));
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(1));
}

// A connection that finds the queue of the listener full is tried again only after a second.
TEST_F(ApiHttp, ABurstOfConnectionsIsAccepted) {
  std::vector<int> sockets;
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < 60; ++i) sockets.push_back(connect_to(server_.address().port));
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(900));
  for (const int one : sockets) ::close(one);
}

TEST_F(ApiHttp, PortInUseIsRefusedByName) {
  HttpServer second({server_.address()}, [](const Request&) { return Response{}; });
  try {
    second.start();
    FAIL() << "two servers share a port";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("cannot listen on " + server_.address().str()));
  }
}

TEST_F(ApiHttp, StopsAndMayBeStoppedTwice) {
  ASSERT_TRUE(client().Get("/ok"));
  server_.stop();
  EXPECT_FALSE(client().Get("/ok"));
  server_.stop();
}

TEST(ApiText, InvalidBytesAreReplacedOneByOne) {
  EXPECT_EQ(to_valid_utf8("a\xC3\xA4\xFF\xE2\x82z"),
            "a\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST(ApiAddress, ReadsAndRefuses) {
  EXPECT_EQ(parse_address("[::1]:80").str(), "[::1]:80");
  EXPECT_TRUE(parse_address("[::1]:80").is_loopback());
  EXPECT_FALSE(parse_address("0.0.0.0:80").is_loopback());
  for (const auto* text : {"", ":", "80", ":80", "a:b", "a:70000", "a:-1", "::1:80", "[]:80"}) {
    EXPECT_THROW(parse_address(text), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace sagad::api
