#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/time.hpp"

namespace sagad::postgres {

/// A one-dimensional array as a parameter of a statement, in PostgreSQL's binary format (that of
/// array_send): nothing is quoted, so that no text can be read as something else, times are exact,
/// and the server has nothing to parse. The statement has to say the type (`$1::uuid[]`); one of
/// another type is an error of the server. A value.
class Array {
 public:
  void add_null();
  std::size_t size() const { return size_; }
  /// The parameter: valid while the array is neither changed nor moved.
  std::string_view bytes() const { return buffer_; }

 protected:
  /// `oid`: of the element type, fixed for ever in pg_type.dat. `items`, `item_bytes`: how much
  /// memory to reserve.
  Array(std::uint32_t oid, std::size_t items, std::size_t item_bytes);

  void add_bytes(std::string_view bytes);
  void add_int32(std::int32_t value);
  void add_int64(std::int64_t value);

 private:
  void count_item();
  void append_int32(std::int32_t value);

  std::string buffer_;
  std::size_t size_ = 0;
};

class UuidArray : public Array {
 public:
  explicit UuidArray(std::size_t items = 0) : Array(2950, items, 16) {}
  void add(const base::SagaId& id);
};

class IntArray : public Array {  ///< integer[]
 public:
  explicit IntArray(std::size_t items = 0) : Array(23, items, 4) {}
  void add(std::int32_t value) { add_int32(value); }
};

class BigintArray : public Array {
 public:
  explicit BigintArray(std::size_t items = 0) : Array(20, items, 8) {}
  void add(std::int64_t value) { add_int64(value); }
};

class TextArray : public Array {
 public:
  explicit TextArray(std::size_t items = 0, std::size_t item_bytes = 24)
      : Array(25, items, item_bytes) {}
  /// Text with a NUL character or invalid UTF-8 is refused by the server (22021).
  void add(std::string_view text) { add_bytes(text); }
  void add_or_null(std::string_view text) { text.empty() ? add_null() : add_bytes(text); }
};

class JsonArray : public Array {
 public:
  explicit JsonArray(std::size_t items = 0, std::size_t item_bytes = 200)
      : Array(114, items, item_bytes) {}
  /// JSON text; anything else is refused by the server (22P02).
  void add(std::string_view text) { add_bytes(text); }
  void add_or_null(std::string_view text) { text.empty() ? add_null() : add_bytes(text); }
};

class TimeArray : public Array {  ///< timestamptz[]
 public:
  explicit TimeArray(std::size_t items = 0) : Array(1184, items, 8) {}
  void add(base::Time time);
  void add(const std::optional<base::Time>& time) { time ? add(*time) : add_null(); }
};

}  // namespace sagad::postgres
