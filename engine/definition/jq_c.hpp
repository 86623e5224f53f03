#pragma once

// The headers of jq say nothing of C++. What they include must not get C linkage with them.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

extern "C" {
#include <jq.h>
#include <jv.h>
}
