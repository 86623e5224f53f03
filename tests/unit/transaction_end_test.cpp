#include <gtest/gtest.h>

#include <sagad/detail/transaction_end.hpp>

namespace sagad::detail {
namespace {

TEST(TransactionEnd, IsFoundInWhateverDress) {
  for (const auto* sql :
       {"COMMIT", "commit;", "  End", "ABORT", "ROLLBACK", "rollback work", "ROLLBACK TRANSACTION;",
        "COMMIT AND CHAIN", "-- a comment\nCOMMIT", "/* one /* inside */ */ COMMIT",
        "SELECT 1; COMMIT", "SELECT ';'; ROLLBACK", "SELECT $$ ; $$; COMMIT",
        "SELECT $tag$ $$ ; $tag$ ; END", "SELECT E'\\'; '; COMMIT", "PREPARE TRANSACTION 'x'",
        "COMMIT PREPARED 'x'", "SELECT 1 /* ; */; COMMIT"}) {
    EXPECT_TRUE(ends_transaction(sql)) << sql;
  }
}

TEST(TransactionEnd, IsNotSeenWhereItIsNot) {
  for (const auto* sql :
       {"", ";", "SELECT 1", "ROLLBACK TO SAVEPOINT a", "rollback work to a", "SAVEPOINT commit",
        "SELECT 'COMMIT; COMMIT'", "SELECT \"end\"; SELECT 2", "SELECT 1 -- ; COMMIT",
        "SELECT /* ; COMMIT */ 1", "SELECT $$; COMMIT $$", "UPDATE t SET a = $1; SELECT $2",
        "INSERT INTO commit_log VALUES (1)", "WITH x AS (SELECT 1) SELECT * FROM x",
        "PREPARE p AS SELECT 1", "SELECT E'a\\'; COMMIT'", "endless", "SELECT 'it''s; COMMIT'"}) {
    EXPECT_FALSE(ends_transaction(sql)) << sql;
  }
}

}  // namespace
}  // namespace sagad::detail
