// The least that a plugin can be.
#include <sagad/plugin.hpp>

SAGAD_PLUGIN(registry) {
  registry.action("act", [](sagad::Context&) { return sagad::done(); });
}
