#include "sagabench/http_wire.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sagad::bench {
namespace {

constexpr const char* kAnswer =
    "HTTP/1.1 201 Created\r\ncontent-LENGTH: 5\r\nConnection: close\r\n\r\nhello";

TEST(HttpWire, ReadsAnAnswerOnlyWhenItIsWhole) {
  const std::string bytes = kAnswer;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(read_answer(std::string_view(bytes).substr(0, size))) << size;
  }
  const auto answer = read_answer(bytes);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->size, bytes.size());
  EXPECT_TRUE(answer->closes);
}

TEST(HttpWire, DoesNotReadIntoTheNextAnswer) {
  const std::string bytes = std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") + kAnswer;
  const auto answer = read_answer(bytes);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "ok");
  EXPECT_FALSE(answer->closes);
}

TEST(HttpWire, RefusesWhatIsNotHttp) {
  EXPECT_THROW(read_answer("PING\r\n\r\n"), std::runtime_error);
  EXPECT_THROW(read_answer("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"), std::runtime_error);
}

}  // namespace
}  // namespace sagad::bench
