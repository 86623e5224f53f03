#include "pay.hpp"
#include "pay_migrations.gen.hpp"

SAGAD_PLUGIN(registry) {
  registry.migrations(kMigrations);
  registry.batch_action("charge", pay::charge, pay::charge_all,
                        {.lock_key = "/account", .refuses_before_writing = true});
  registry.batch_action("refund", pay::refund, pay::refund_all,
                        {.lock_key = "/account", .refuses_before_writing = true});
}
