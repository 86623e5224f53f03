#include "order.hpp"
#include "order_migrations.gen.hpp"

SAGAD_PLUGIN(registry) {
  registry.migrations(kMigrations);
  // create only inserts, and review only reads: any order of their executions is right.
  registry.batch_action("create", order::create, order::create_all,
                        {.lock_key = "/order_name", .refuses_before_writing = true});
  registry.action("review", order::review,
                  {.lock_key = "/order_id", .refuses_before_writing = true});
  registry.action("confirm", order::confirm,
                  {.lock_key = "/order_id", .refuses_before_writing = true});
  registry.batch_action("cancel", order::cancel, order::cancel_all,
                        {.lock_key = "/order_id", .refuses_before_writing = true});
}
