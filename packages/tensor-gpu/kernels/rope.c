#include "kernel.h"
// Rotation of the pairs (i, i + half) of each head by the token's position. sign: 1 turns forward, -1 back (the gradient).

#define LOAD(p) (n == VW ? vload(p) : vloadn(p, n))
#define STORE(p, v) \
  do { \
    if (n == VW) vstore(p, v); \
    else vstoren(p, v, n); \
  } while (0)

KERNEL(rope) {
  const u32 half = d->half, end = MIN(d->rows, (chunk + 1) * d->rowsPerChunk);
  const vf sign = vsplat(d->sign);
  for (u32 row = chunk * d->rowsPerChunk; row < end; row++) {
    const size_t at = (size_t)I32(d->positions)[row / d->heads] * half;
    const f32 *x = F32(d->x) + (size_t)row * 2 * half;
    f32 *y = F32(d->y) + (size_t)row * 2 * half;
    for (u32 i = 0; i < half; i += VW) {
      const u32 n = MIN(VW, half - i);
      const vf c = LOAD(F32(d->cos) + at + i), s = LOAD(F32(d->sin) + at + i) * sign;
      const vf a = LOAD(x + i), b = LOAD(x + half + i);
      STORE(y + i, a * c - b * s);
      STORE(y + half + i, vfma(b, c, a * s));
    }
  }
}
