#include "runtime/signal_message.hpp"

#include <gtest/gtest.h>

#include "saga/message.hpp"

namespace sagad::runtime {
namespace {

std::string error_of(const std::string& payload) {
  try {
    decode_signal("signal.order-pay", payload);
  } catch (const saga::MessageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SignalMessage, NamesASagaByIdOrByItsKey) {
  const std::string id = "018f0000-0000-7000-8000-000000000001";
  const auto by_id =
      decode_signal("signal.order-pay", R"({"saga":")" + id + R"(","signal":"s","key":"k"})");
  EXPECT_EQ(by_id.saga, base::SagaId::parse(id));
  EXPECT_EQ(by_id.definition, "order-pay");
  EXPECT_TRUE(by_id.payload.is_null());
  const auto by_key = decode_signal(
      "signal.order-pay", R"({"saga_key":"o-1","signal":"s","key":"k","payload":[1],"new":true})");
  EXPECT_FALSE(by_key.saga);
  EXPECT_EQ(by_key.saga_key.definition, "order-pay");
  EXPECT_EQ(by_key.saga_key.key, "o-1");
  EXPECT_EQ(by_key.name, "s");
  EXPECT_EQ(by_key.key, "k");
  EXPECT_EQ(by_key.payload, boost::json::value({1}));
}

TEST(SignalMessage, SaysWhatIsWrong) {
  EXPECT_NE(error_of("[]").find("object"), std::string::npos);
  EXPECT_NE(error_of(R"({"signal":"s","key":"k"})").find("'saga_key'"), std::string::npos);
  EXPECT_NE(error_of(R"({"saga":"x","saga_key":"y","signal":"s","key":"k"})").find("'saga'"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"saga":"x","signal":"s","key":"k"})").find("'saga'"), std::string::npos);
  EXPECT_NE(error_of(R"({"saga_key":"y","key":"k"})").find("'signal'"), std::string::npos);
  EXPECT_NE(error_of(R"({"saga_key":"y","signal":"s"})").find("'key'"), std::string::npos);
  EXPECT_NE(error_of(R"({"saga_key":"y","signal":7,"key":"k"})").find("'signal'"),
            std::string::npos);
}

TEST(SignalMessage, NameKeyAndPayloadAreChecked) {
  SignalRequest request;
  request.name = "payment-received_2";
  EXPECT_EQ(check_signal(request), "");
  request.payload = std::string(300'000, 'x').c_str();
  EXPECT_NE(check_signal(request).find("payload"), std::string::npos);
  request.payload = nullptr;
  request.key = std::string(501, 'k');
  EXPECT_NE(check_signal(request).find("501"), std::string::npos);
  request.key.clear();
  for (const auto* name : {"", "two words", "a.b", "a/b"}) {
    request.name = name;
    EXPECT_NE(check_signal(request), "") << name;
  }
}

TEST(SignalMessage, ReplySaysWhatBecameOfIt) {
  EXPECT_EQ(encode_signal_reply({SignalOutcome::Kind::kAccepted, std::nullopt, {}}),
            R"({"status":"accepted"})");
  const auto id = base::SagaId::parse("018f0000-0000-7000-8000-000000000001");
  EXPECT_EQ(encode_signal_reply({SignalOutcome::Kind::kEnded, id, "it is over"}),
            R"({"status":"ended","saga":"018f0000-0000-7000-8000-000000000001",)"
            R"("detail":"it is over"})");
}

}  // namespace
}  // namespace sagad::runtime
