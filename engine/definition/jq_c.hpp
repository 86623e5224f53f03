#pragma once

// The headers of jq say nothing of C++. What they include must not get C linkage with them.
#include <cstdarg>
#include <cstdint>
#include <cstdio>

extern "C" {
#include <jq.h>
#include <jv.h>
}
