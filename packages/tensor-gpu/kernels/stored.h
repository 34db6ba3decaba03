// Frozen weights as files have them, widened to f32 in registers. `type` is a constant wherever a function is inlined.
// Rows are made of single elements, or of blocks of 32 that share a scale; see src/weights/storedDtype.ts.
// Every value is the one that src/weights/widen.ts gives: one product, for q4_1 one product and one sum, each rounded.
#pragma once
#include "kernel.h"

enum { STORED_F32, STORED_BF16, STORED_F16, STORED_Q8_0, STORED_Q4_0, STORED_Q4_1, STORED_TYPES };
#define BLOCK 32

// Bytes at an absolute address (in WebAssembly: of the heap, whose base is 0).
#define AT(address) ((u8 *)(uintptr_t)(address))

typedef u16 u16a __attribute__((aligned(1)));
typedef f32 f32a __attribute__((aligned(1)));
typedef u16 v_u16 __attribute__((vector_size(VW * 2), aligned(1)));
typedef u8 v_u8 __attribute__((vector_size(VW), aligned(1)));
typedef signed char v_i8 __attribute__((vector_size(VW), aligned(1)));
typedef f32 v_f32 __attribute__((vector_size(VW * 4), aligned(1)));

INLINE u32 blockBytes(u32 type) {
  return type == STORED_Q8_0 ? 34 : type == STORED_Q4_0 ? 18 : 20;
}
// Bytes before element i of a row; for the types with blocks i is the first of one.
INLINE size_t storedBytes(u32 type, size_t i) {
  if (type == STORED_F32) return 4 * i;
  if (type <= STORED_F16) return 2 * i;
  return i / BLOCK * blockBytes(type);
}

INLINE f32 widenBf16(u16 half) {
  union { u32 bits; f32 value; } x = {(u32)half << 16};
  return x.value;
}
INLINE vf vwidenBf16(v_u16 halves) { return (vf)(__builtin_convertvector(halves, vi) << 16); }

#if defined(__F16C__) || defined(__AVX512F__) || defined(__aarch64__)
INLINE f32 widenF16(u16 half) {
  union { u16 bits; _Float16 value; } x = {half};
  return (f32)x.value;
}
INLINE vf vwidenF16(v_u16 halves) {
  typedef _Float16 v_f16 __attribute__((vector_size(VW * 2), aligned(1)));
  return __builtin_convertvector((v_f16)halves, vf);
}
#else
// exponent and fraction as those of an f32 that is 2^112 times too small; all ones stay infinity or NaN
INLINE vf vwidenF16(v_u16 halves) {
  vi h = __builtin_convertvector(halves, vi);
  vi magnitude = (h & visplat(0x7fff)) << 13, special = (h & visplat(0x7c00)) == visplat(0x7c00);
  vf value = (vf)magnitude * vsplat(5192296858534827628530496329220096.0f);
  vi bits = (special & (magnitude | visplat(0x7f800000))) | (~special & (vi)value);
  return (vf)(bits | (h & visplat(0x8000)) << 16);
}
INLINE f32 widenF16(u16 half) {
  v_u16 halves = {half};
  return vwidenF16(halves)[0];
}
#endif

// VW elements of a block from `lane` on, a multiple of VW
INLINE vf vblock(u32 type, const u8 *block, u32 lane) {
  const vf scale = vsplat(widenF16(*(const u16a *)block));
  if (type == STORED_Q8_0) return scale * __builtin_convertvector(*(const v_i8 *)(block + 2 + lane), vf);
  const u8 *q = block + (type == STORED_Q4_0 ? 2 : 4);
  v_u8 bytes;
#if VW > BLOCK / 2
#error "a vector takes both halves of the bytes"
#endif
  bytes = *(const v_u8 *)(q + lane % (BLOCK / 2));
  bytes = lane < BLOCK / 2 ? bytes & 15 : bytes >> 4;
  const vi n = __builtin_convertvector(bytes, vi);
  if (type == STORED_Q4_0) return scale * __builtin_convertvector(n - visplat(8), vf);
  const vf product = scale * __builtin_convertvector(n, vf);
  return product + vsplat(widenF16(*(const u16a *)(block + 2)));
}

// VW elements of a row from i on; for the types with blocks i is a multiple of VW
INLINE vf vstored(u32 type, const u8 *row, u32 i) {
  if (type == STORED_F32) return *(const v_f32 *)(row + 4 * (size_t)i);
  if (type == STORED_BF16) return vwidenBf16(*(const v_u16 *)(row + 2 * (size_t)i));
  if (type == STORED_F16) return vwidenF16(*(const v_u16 *)(row + 2 * (size_t)i));
  return vblock(type, row + storedBytes(type, i), i % BLOCK);
}

// one element of a row
INLINE f32 stored(u32 type, const u8 *row, u32 i) {
  if (type == STORED_F32) return *(const f32a *)(row + 4 * (size_t)i);
  if (type == STORED_BF16) return widenBf16(*(const u16a *)(row + 2 * (size_t)i));
  if (type == STORED_F16) return widenF16(*(const u16a *)(row + 2 * (size_t)i));
  return vblock(type, row + storedBytes(type, i), i % BLOCK / VW * VW)[i % VW];
}

// first n (< VW) elements from i on, the other lanes 0
INLINE vf vstoredn(u32 type, const u8 *row, u32 i, u32 n) {
  vf r = vsplat(0);
  for (u32 k = 0; k < VW; k++)
    if (k < n) r[k] = stored(type, row, i + k);
  return r;
}

// elements [from, from + count) of a row
INLINE void widenAs(u32 type, const u8 *row, u32 from, u32 count, f32 *to) {
  u32 i = 0;
  if (type > STORED_F16)
    for (; i < count && (from + i) % VW; i++) to[i] = stored(type, row, from + i);
  for (; i + VW <= count; i += VW) vstore(to + i, vstored(type, row, from + i));
  for (; i < count; i++) to[i] = stored(type, row, from + i);
}

#define WIDEN(name, type) \
  static __attribute__((unused)) NOINLINE void widen##name(const u8 *row, u32 from, u32 count, f32 *to) { widenAs(type, row, from, count, to); }
WIDEN(RowF32, STORED_F32) WIDEN(RowBf16, STORED_BF16) WIDEN(RowF16, STORED_F16)
WIDEN(RowQ8, STORED_Q8_0) WIDEN(RowQ4, STORED_Q4_0) WIDEN(RowQ41, STORED_Q4_1)

// elements [from, from + count) of a row of any type
INLINE void widen(u32 type, const u8 *row, u32 from, u32 count, f32 *to) {
  if (type == STORED_F32) widenRowF32(row, from, count, to);
  else if (type == STORED_BF16) widenRowBf16(row, from, count, to);
  else if (type == STORED_F16) widenRowF16(row, from, count, to);
  else if (type == STORED_Q8_0) widenRowQ8(row, from, count, to);
  else if (type == STORED_Q4_0) widenRowQ4(row, from, count, to);
  else widenRowQ41(row, from, count, to);
}
