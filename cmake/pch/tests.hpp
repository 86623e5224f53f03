// Precompiled for every test: what the engine has, and GoogleTest.
#pragma once

#include "engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
