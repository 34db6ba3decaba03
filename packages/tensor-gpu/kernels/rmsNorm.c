#include "kernel.h"
// y = x r weight, r = 1 / sqrt(mean(x^2) + eps), over rows of `width` floats

static f32 inverse_rms(const f32 *x, u32 width, f32 eps) {
  vf sum0 = vsplat(0), sum1 = vsplat(0);
  u32 i = 0;
  for (; i + 2 * VW <= width; i += 2 * VW) {
    vf a = vload(x + i), b = vload(x + i + VW);
    sum0 = vfma(a, a, sum0);
    sum1 = vfma(b, b, sum1);
  }
  for (; i < width; i += VW) {
    vf a = i + VW <= width ? vload(x + i) : vloadn(x + i, width - i);
    sum0 = vfma(a, a, sum0);
  }
  return 1.0f / ssqrt(vsum(sum0 + sum1) / (f32)width + eps);
}

KERNEL(rmsNorm) {
  const f32 *weight = F32(d->weight);
  const u32 rows = d->rows, width = d->width, end = MIN(rows, (chunk + 1) * d->rowsPerChunk);
  for (u32 row = chunk * d->rowsPerChunk; row < end; row++) {
    const f32 *x = F32(d->x) + (size_t)row * width;
    f32 *y = F32(d->y) + (size_t)row * width;
    const vf r = vsplat(inverse_rms(x, width, d->eps));
    u32 i = 0;
    for (; i + VW <= width; i += VW) vstore(y + i, vload(x + i) * r * vload(weight + i));
    if (i < width)
      vstoren(y + i, vloadn(x + i, width - i) * r * vloadn(weight + i, width - i), width - i);
  }
}

// g = dy weight    dx = r (g - x r^2 mean(g x))    partial[chunk] = sum over the chunk's rows of dy x r
KERNEL(rmsNormGradient) {
  const f32 *weight = F32(d->weight);
  const u32 rows = d->rows, width = d->width, end = MIN(rows, (chunk + 1) * d->rowsPerChunk);
  f32 *partial = F32(d->partials) + (size_t)chunk * width;
  if (d->partials)
    for (u32 i = 0; i < width; i++) partial[i] = 0;
  for (u32 row = chunk * d->rowsPerChunk; row < end; row++) {
    const f32 *x = F32(d->x) + (size_t)row * width, *dy = F32(d->dy) + (size_t)row * width;
    const f32 r = inverse_rms(x, width, d->eps);
    const vf vr = vsplat(r);
    vf dot = vsplat(0);
    for (u32 i = 0; i < width; i += VW) {
      const u32 n = width - i;
      if (n >= VW) {
        const vf t = vload(dy + i) * vload(x + i);
        dot = vfma(t, vload(weight + i), dot);
        if (d->partials) vstore(partial + i, vfma(t, vr, vload(partial + i)));
      } else {
        const vf t = vloadn(dy + i, n) * vloadn(x + i, n);
        dot = vfma(t, vloadn(weight + i, n), dot);
        if (d->partials) vstoren(partial + i, vfma(t, vr, vloadn(partial + i, n)), n);
      }
    }
    if (!d->dx) continue;
    f32 *dx = F32(d->dx) + (size_t)row * width;
    const vf c = vsplat(-r * r * r * (vsum(dot) / (f32)width));
    u32 i = 0;
    for (; i + VW <= width; i += VW)
      vstore(dx + i, vfma(vload(x + i), c, vload(dy + i) * vload(weight + i) * vr));
    if (i < width) {
      const u32 n = width - i;
      vstoren(dx + i, vfma(vloadn(x + i, n), c, vloadn(dy + i, n) * vloadn(weight + i, n) * vr), n);
    }
  }
}

// out[i] = partial[0][i] + partial[1][i] + ..., always in this order
KERNEL(sumPartials) {
  const u32 count = d->count, width = d->width, end = MIN(width, (chunk + 1) * d->columnsPerChunk);
  for (u32 i = chunk * d->columnsPerChunk; i < end; i += VW) {
    const u32 n = MIN(VW, end - i);
    vf sum = vsplat(0);
    for (u32 k = 0; k < count; k++) {
      const f32 *p = F32(d->partials) + (size_t)k * width + i;
      sum += n == VW ? vload(p) : vloadn(p, n);
    }
    vstoren(F32(d->out) + i, sum, n);
  }
}
