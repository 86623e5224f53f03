#include "pay.hpp"
#include "pay_migrations.gen.hpp"

/// The payment service without the batch form of its actions.
SAGAD_PLUGIN(registry) {
  registry.migrations(kMigrations);
  registry.action("charge", pay::charge, {.lock_key = "/account", .refuses_before_writing = true});
  registry.action("refund", pay::refund, {.lock_key = "/account", .refuses_before_writing = true});
}
