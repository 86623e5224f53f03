#pragma once

#include <string>

#include "dev/private_nats.hpp"
#include "dev/private_postgres.hpp"

namespace sagad::tests {

/// The PostgreSQL of this test process, started by the first call (about a
/// quarter of a second, from a cached template) and stopped after the last test.
/// It runs with fsync off; a test of durability makes a dev::PrivatePostgres of
/// its own.
dev::PrivatePostgres& postgres();

/// The nats-server of this test process, started by the first call and stopped
/// after the last test.
dev::PrivateNats& nats();

/// Creates an empty database in postgres() and returns how to connect to it, as
/// a URL.
std::string fresh_database();

/// A namespace for subjects and streams that no other test of this process has,
/// like "t1", for tests that share nats().
std::string fresh_namespace();

}  // namespace sagad::tests
