#include "postgres/array.hpp"

#include <limits>
#include <stdexcept>

namespace sagad::postgres {

namespace {

// The header: number of dimensions, whether there are NULLs, the element type; then, unless the
// array is empty, the length and the lower bound of the one dimension.
constexpr std::size_t kDimensionsAt = 0;
constexpr std::size_t kHasNullsAt = 4;
constexpr std::size_t kLengthAt = 12;
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kDimensionBytes = 8;

// PostgreSQL counts from 2000-01-01.
constexpr std::int64_t kEpochMicros = 946'684'800'000'000;

void put_int32(char* at, std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>(bits >> (24 - 8 * i));
}

}  // namespace

Array::Array(std::uint32_t oid, std::size_t items, std::size_t item_bytes) {
  buffer_.reserve(kHeaderBytes + kDimensionBytes + items * (4 + item_bytes));
  buffer_.resize(kHeaderBytes);
  put_int32(&buffer_[8], static_cast<std::int32_t>(oid));
}

void Array::count_item() {
  if (size_ == static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw std::length_error("too many elements for an array of PostgreSQL");
  }
  if (size_ == 0) {
    put_int32(&buffer_[kDimensionsAt], 1);
    buffer_.resize(kHeaderBytes + kDimensionBytes);
    put_int32(&buffer_[kLengthAt + 4], 1);
  }
  ++size_;
  put_int32(&buffer_[kLengthAt], static_cast<std::int32_t>(size_));
}

void Array::append_int32(std::int32_t value) {
  char bytes[4];
  put_int32(bytes, value);
  buffer_.append(bytes, sizeof bytes);
}

void Array::add_null() {
  count_item();
  put_int32(&buffer_[kHasNullsAt], 1);
  append_int32(-1);
}

void Array::add_bytes(std::string_view bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw std::length_error("a value is too large for PostgreSQL");
  }
  count_item();
  append_int32(static_cast<std::int32_t>(bytes.size()));
  buffer_.append(bytes);
}

void Array::add_int32(std::int32_t value) {
  count_item();
  append_int32(4);
  append_int32(value);
}

void Array::add_int64(std::int64_t value) {
  count_item();
  append_int32(8);
  const auto bits = static_cast<std::uint64_t>(value);
  append_int32(static_cast<std::int32_t>(bits >> 32));
  append_int32(static_cast<std::int32_t>(bits & 0xffff'ffffU));
}

void UuidArray::add(const base::SagaId& id) {
  const auto& bytes = id.bytes();
  add_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void TimeArray::add(base::Time time) { add_int64(base::to_micros(time) - kEpochMicros); }

}  // namespace sagad::postgres
