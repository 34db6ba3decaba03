// Layout that the decode kernels share: where element k of row r of a product's left side lies.
//
// Native: row-major. WebAssembly: tiles of MR rows, [tile][K][MR], because V8 keeps a tile's sums in registers only when
// all strides are constant; the kernels that produce a left side write it that way.
#pragma once
#include "kernel.h"

#if VW == 16
#define MR 12
#elif defined(__wasm_relaxed_simd__)
#define MR 5 // V8 has registers for 5 x 2 sums, and only in a loop that is not unrolled
#elif defined(__wasm__)
#define MR 4
#else
#define MR 6
#endif
#define ROWS 60 // rows of a block: a multiple of every MR (BLOCK_ROWS in decodeBuffers.ts)

#if defined(__wasm__)
#define LEFT(r, k, K) (((size_t)(r) / MR * (K) + (k)) * MR + (r) % MR)
#define LEFT_STEP MR
#define LEFT_ROW(K) 1
#else
#define LEFT(r, k, K) ((size_t)(r) * (K) + (k))
#define LEFT_STEP 1
#define LEFT_ROW(K) (K)
#endif

// Asks for memory that the next piece of work reads; a hint only.
INLINE void prefetch(const void *p, size_t bytes) {
#if !defined(__wasm__)
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch((const u8 *)p + i);
#else
  (void)p, (void)bytes;
#endif
}
