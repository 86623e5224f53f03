#include "order.hpp"
#include "order_migrations.gen.hpp"

/// The order service without the batch form of its actions.
SAGAD_PLUGIN(registry) {
  registry.migrations(kMigrations);
  registry.action("create", order::create,
                  {.lock_key = "/order_name", .refuses_before_writing = true});
  registry.action("review", order::review,
                  {.lock_key = "/order_id", .refuses_before_writing = true});
  registry.action("confirm", order::confirm,
                  {.lock_key = "/order_id", .refuses_before_writing = true});
  registry.action("cancel", order::cancel,
                  {.lock_key = "/order_id", .refuses_before_writing = true});
}
