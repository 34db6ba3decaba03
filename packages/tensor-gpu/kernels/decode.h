// What the decode kernels share.
#pragma once
#include "kernel.h"

// Asks for memory that the next piece of work reads; a hint only.
INLINE void prefetch(const void *p, size_t bytes) {
#if !defined(__wasm__)
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch((const u8 *)p + i);
#else
  (void)p, (void)bytes;
#endif
}
