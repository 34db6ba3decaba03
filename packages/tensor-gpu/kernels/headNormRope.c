#include "kernel.h"
// RMS norm of each head, then rotation of the pairs (i, i + half) by the token's position

typedef struct {
  const f32 *weight, *cos, *sin;
  const i32 *positions;
  u32 heads, half;
  f32 eps;
} Rope;

static f32 inverse_rms(const f32 *x, u32 width, f32 eps) {
  vf sum = vsplat(0);
  for (u32 i = 0; i < width; i += VW) {
    const vf a = i + VW <= width ? vload(x + i) : vloadn(x + i, width - i);
    sum = vfma(a, a, sum);
  }
  return 1.0f / ssqrt(vsum(sum) / (f32)width + eps);
}

#define LOAD(p) (n == VW ? vload(p) : vloadn(p, n))
#define STORE(p, v) \
  do { \
    if (n == VW) vstore(p, v); \
    else vstoren(p, v, n); \
  } while (0)

static void forward_row(const Rope *rope, u32 row, const f32 *x, f32 *y) {
  const u32 half = rope->half;
  const size_t at = (size_t)rope->positions[row / rope->heads] * half;
  const vf r = vsplat(inverse_rms(x, 2 * half, rope->eps));
  for (u32 i = 0; i < half; i += VW) {
    const u32 n = MIN(VW, half - i);
    const vf c = LOAD(rope->cos + at + i), s = LOAD(rope->sin + at + i);
    const vf a = LOAD(x + i) * r * LOAD(rope->weight + i);
    const vf b = LOAD(x + half + i) * r * LOAD(rope->weight + half + i);
    STORE(y + i, a * c - b * s);
    STORE(y + half + i, vfma(b, c, a * s));
  }
}

KERNEL(headNormRope) {
  const Rope rope = {F32(d->weight), F32(d->cos), F32(d->sin), I32(d->positions), d->heads, d->half, d->eps};
  const u32 width = 2 * d->half, end = MIN(d->rows, (chunk + 1) * d->rowsPerChunk);
  for (u32 row = chunk * d->rowsPerChunk; row < end; row++)
    forward_row(&rope, row, F32(d->x) + (size_t)row * width, F32(d->y) + (size_t)row * width);
}

// dn: the rotation backwards; then as rmsNormGradient with dn for dy
static void gradient_row(const Rope *rope, u32 row, const f32 *x, const f32 *dy, f32 *dx, f32 *partial) {
  const u32 half = rope->half, width = 2 * half;
  const size_t at = (size_t)rope->positions[row / rope->heads] * half;
  const f32 r = inverse_rms(x, width, rope->eps);
  const vf vr = vsplat(r);
  vf dot = vsplat(0);
  for (u32 i = 0; i < half; i += VW) {
    const u32 n = MIN(VW, half - i);
    const vf c = LOAD(rope->cos + at + i), s = LOAD(rope->sin + at + i);
    const vf da = LOAD(dy + i), db = LOAD(dy + half + i);
    const vf na = vfma(da, c, db * s), nb = db * c - da * s;
    const vf ta = na * LOAD(x + i), tb = nb * LOAD(x + half + i);
    const vf wa = LOAD(rope->weight + i), wb = LOAD(rope->weight + half + i);
    dot = vfma(ta, wa, vfma(tb, wb, dot));
    STORE(dx + i, na * wa * vr);
    STORE(dx + half + i, nb * wb * vr);
    if (!partial) continue;
    STORE(partial + i, vfma(ta, vr, LOAD(partial + i)));
    STORE(partial + half + i, vfma(tb, vr, LOAD(partial + half + i)));
  }
  const vf c = vsplat(-r * r * r * (vsum(dot) / (f32)width));
  for (u32 i = 0; i < width; i += VW) {
    const u32 n = MIN(VW, width - i);
    STORE(dx + i, vfma(LOAD(x + i), c, LOAD(dx + i)));
  }
}

KERNEL(headNormRopeGradient) {
  const Rope rope = {F32(d->weight), F32(d->cos), F32(d->sin), I32(d->positions), d->heads, d->half, d->eps};
  const u32 width = 2 * d->half, end = MIN(d->rows, (chunk + 1) * d->rowsPerChunk);
  f32 *partial = d->partials ? F32(d->partials) + (size_t)chunk * width : 0;
  if (partial)
    for (u32 i = 0; i < width; i++) partial[i] = 0;
  for (u32 row = chunk * d->rowsPerChunk; row < end; row++) {
    const size_t at = (size_t)row * width;
    gradient_row(&rope, row, F32(d->x) + at, F32(d->dy) + at, d->dx ? F32(d->dx) + at : (f32 *)scratch, partial);
  }
}
