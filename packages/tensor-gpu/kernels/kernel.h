// What every kernel includes: vectors of VW floats, the KERNEL() declaration and exact element functions.
// Freestanding C with vector extensions: no libc, no static mutable data. One source for native and WebAssembly.
// A new kernel: name its words in src/backend/cpu/engine/descriptors.ts, write KERNEL(name) { ... } in kernels/<name>.c, then
// run `pnpm kernels`. Give it static helpers.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef int32_t i32;
typedef uint64_t u64;
typedef u64 address __attribute__((aligned(4))); // two words of a command
typedef float f32;
typedef double f64;

#if defined(__AVX512F__) || defined(WIDE_VECTORS) // the latter: AVX-512's tiles for a processor without it, to try them
#define VW 16
#elif defined(__AVX2__)
#define VW 8
#else
#define VW 4
#endif

// aligned(4): loads and stores may start at any float
typedef f32 vf __attribute__((vector_size(VW * 4), aligned(4)));
typedef i32 vi __attribute__((vector_size(VW * 4), aligned(4)));

#define INLINE static inline __attribute__((always_inline, unused))
#define NOINLINE __attribute__((noinline))
#if defined(_WIN32)
#define EXPORT __attribute__((dllexport))
#elif defined(__wasm__)
#define EXPORT_AS(name) __attribute__((visibility("default"), export_name(name)))
#define EXPORT
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#ifndef EXPORT_AS
#define EXPORT_AS(name) EXPORT
#endif

// One call computes chunk number `chunk` of a command. d: the command's words, by the names that descriptors.ts gives them.
// scratch: SCRATCH_BYTES of this worker.
#include "descriptors.h"
#define SCRATCH_BYTES (4u << 20)
#define KERNEL(name) void k_##name(u8 *heap, const name##Words *d, u32 chunk, u8 *scratch); \
  void k_##name(u8 *heap __attribute__((unused)), const name##Words *d __attribute__((unused)), \
                u32 chunk __attribute__((unused)), u8 *scratch __attribute__((unused)))
#define F32(offset) ((f32 *)(heap + (offset)))
#define I32(offset) ((i32 *)(heap + (offset)))
#define U32(offset) ((u32 *)(heap + (offset)))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

// ---- vectors
INLINE vf vload(const f32 *p) { return *(const vf *)p; }
INLINE void vstore(f32 *p, vf v) { *(vf *)p = v; }
INLINE vf vsplat(f32 x) {
  vf r; // (vf){0} + x would be a real addition
  for (int i = 0; i < VW; i++) r[i] = x;
  return r;
}
INLINE vi visplat(i32 x) {
  vi r;
  for (int i = 0; i < VW; i++) r[i] = x;
  return r;
}
// first n (< VW) lanes from memory, the others 0; and the reverse
INLINE vf vloadn(const f32 *p, u32 n) {
  vf r = vsplat(0);
  for (u32 i = 0; i < VW; i++)
    if (i < n) r[i] = p[i];
  return r;
}
INLINE void vstoren(f32 *p, vf v, u32 n) {
  for (u32 i = 0; i < VW; i++)
    if (i < n) p[i] = v[i];
}
// mask (all ones or all zeros per lane, as comparisons give) ? a : b
INLINE vf vselect(vi mask, vf a, vf b) {
#if defined(__wasm_relaxed_simd__)
  __asm__("" : "+r"(mask)); // else the compiler makes relaxed_min and relaxed_max of it, which lose NaN
#endif
  return (vf)((mask & (vi)a) | (~mask & (vi)b));
}
// a * b + c: fused where the machine has it, two roundings on plain WebAssembly
INLINE vf vfma(vf a, vf b, vf c) {
#if defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#elif defined(__wasm__)
  return a * b + c;
#else
  return __builtin_elementwise_fma(a, b, c);
#endif
}
// NaN in either argument: the second one is returned
INLINE vf vmax(vf a, vf b) { return vselect(a > b, a, b); }
INLINE vf vmin(vf a, vf b) { return vselect(a < b, a, b); }
INLINE vf vabs(vf a) { return (vf)((vi)a & visplat(0x7fffffff)); }
INLINE vf vsqrt(vf a) { return __builtin_elementwise_sqrt(a); }
// horizontal, in a fixed tree order
INLINE f32 vsum(vf v) {
  f32 t[VW];
  for (int i = 0; i < VW; i++) t[i] = v[i];
  for (int w = VW / 2; w > 0; w /= 2)
    for (int i = 0; i < w; i++) t[i] += t[i + w];
  return t[0];
}
INLINE f32 vmaxh(vf v) {
  f32 t[VW];
  for (int i = 0; i < VW; i++) t[i] = v[i];
  for (int w = VW / 2; w > 0; w /= 2)
    for (int i = 0; i < w; i++) t[i] = t[i] > t[i + w] ? t[i] : t[i + w];
  return t[0];
}

// e^x, relative error about 1e-7; below -87 it is 0, above 88.72 infinity, NaN stays NaN.
// x = n ln2 + r, |r| <= ln2 / 2; Taylor polynomial of degree 7 in r; times 2^(n-1), times 2 (2^128 is no float).
INLINE vf vexp(vf x) {
  vf c = vselect(x > vsplat(88.722839f), vsplat(88.722839f), x);
  c = vselect(c < vsplat(-87.0f), vsplat(-87.0f), c);
  vf n = __builtin_elementwise_roundeven(c * vsplat(1.44269504f));
  vf r = vfma(n, vsplat(-0.693359375f), c); // ln2 in two parts: the first has few bits, its product is exact
  r = vfma(n, vsplat(2.12194440e-4f), r);
  vf p = vsplat(1.0f / 5040);
  p = vfma(p, r, vsplat(1.0f / 720));
  p = vfma(p, r, vsplat(1.0f / 120));
  p = vfma(p, r, vsplat(1.0f / 24));
  p = vfma(p, r, vsplat(1.0f / 6));
  p = vfma(p, r, vsplat(0.5f));
  p = vfma(p, r, vsplat(1));
  p = vfma(p, r, vsplat(1));
  // adding 1.5 * 2^23 leaves the integer n in the low bits; this conversion is defined for NaN as well
  vi k = ((vi)(n + vsplat(12582912.0f)) - visplat(0x4b400000)) + visplat(126);
  vf y = p * (vf)(k << 23) * vsplat(2);
  y = vselect(x < vsplat(-87.0f), vsplat(0), y);
  return vselect(x > vsplat(88.722839f), vsplat(__builtin_inff()), y);
}
// ln x, absolute error about 1e-7; 0 -> -inf, negative and NaN -> NaN, inf -> inf (subnormals count as 0)
// x = m 2^e, m in [sqrt(1/2), sqrt 2); ln m = 2 atanh(s), s = (m - 1) / (m + 1), odd series in s (|s| < 0.1716)
INLINE vf vlog(vf x) {
  vi bits = (vi)x;
  vi e = ((bits - visplat(0x3f3504f3)) >> 23);
  vf m = (vf)(bits - (e << 23));
  vf n = __builtin_convertvector(e, vf);
  vf s = (m - vsplat(1)) / (m + vsplat(1));
  vf z = s * s;
  vf p = vsplat(2.0f / 9);
  p = vfma(p, z, vsplat(2.0f / 7));
  p = vfma(p, z, vsplat(2.0f / 5));
  p = vfma(p, z, vsplat(2.0f / 3));
  vf y = vfma(p * z, s, vfma(n, vsplat(-2.12194440e-4f), s + s));
  y = vfma(n, vsplat(0.693359375f), y);
  y = vselect(x < vsplat(1.17549435e-38f), vsplat(-__builtin_inff()), y);
  y = vselect(x < vsplat(0), vsplat(__builtin_nanf("")), y);
  return vselect((x == vsplat(__builtin_inff())) | (x != x), x, y);
}
// 1 / (1 + e^-x)
INLINE vf vsigmoid(vf x) { return vsplat(1) / (vsplat(1) + vexp(-x)); }

// ---- scalars: the same bits as one lane of the vector functions
INLINE f32 sexp(f32 x) { return vexp(vsplat(x))[0]; }
INLINE f32 slog(f32 x) { return vlog(vsplat(x))[0]; }
INLINE f32 ssigmoid(f32 x) { return vsigmoid(vsplat(x))[0]; }
INLINE f32 ssqrt(f32 x) { return __builtin_sqrtf(x); }
INLINE f32 sabs(f32 x) { return __builtin_fabsf(x); }
INLINE f32 sfma(f32 a, f32 b, f32 c) { return vfma(vsplat(a), vsplat(b), vsplat(c))[0]; }
