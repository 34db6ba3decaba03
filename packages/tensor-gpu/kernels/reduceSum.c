// y[o, i] = scale * sum over r of x[o, r, i]. Runs of 1024 numbers are summed in f32 lanes, the runs in f64.
#include "kernel.h"

#define RUN 1024u

static f32 sumRun(const f32 *x, u32 n) {
  vf s[4] = {vsplat(0), vsplat(0), vsplat(0), vsplat(0)};
  u32 i = 0;
  for (; i + 4 * VW <= n; i += 4 * VW)
    for (int j = 0; j < 4; j++) s[j] += vload(x + i + j * VW);
  for (; i + VW <= n; i += VW) s[0] += vload(x + i);
  if (i < n) s[0] += vloadn(x + i, n - i);
  return vsum((s[0] + s[1]) + (s[2] + s[3]));
}

// Rows: inner = 1.
KERNEL(sumRows) {
  const u32 reduce = d->reduce, from = chunk * d->rowsPerChunk, to = MIN(from + d->rowsPerChunk, d->outer);
  for (u32 o = from; o < to; o++) {
    const f32 *x = F32(d->x) + (size_t)o * reduce;
    f64 sum = 0;
    for (u32 r = 0; r < reduce; r += RUN) sum += (f64)sumRun(x + r, MIN(RUN, reduce - r));
    F32(d->y)[o] = (f32)(sum * (f64)d->scale);
  }
}

// Columns.
KERNEL(sumColumns) {
  const u32 reduce = d->reduce, inner = d->inner, across = (inner + d->columnsPerChunk - 1) / d->columnsPerChunk;
  const u32 o = chunk / across, c0 = chunk % across * d->columnsPerChunk, c1 = MIN(c0 + d->columnsPerChunk, inner);
  const f32 *x = F32(d->x) + (size_t)o * reduce * inner;
  f32 *y = F32(d->y) + (size_t)o * inner;
  for (u32 c = c0; c < c1; c += 4 * VW) {
    u32 n = MIN(4 * VW, c1 - c);
    f64 total[4 * VW];
    for (u32 i = 0; i < 4 * VW; i++) total[i] = 0;
    for (u32 r0 = 0; r0 < reduce; r0 += RUN) {
      vf s[4] = {vsplat(0), vsplat(0), vsplat(0), vsplat(0)};
      u32 r1 = MIN(r0 + RUN, reduce);
      if (n == 4 * VW)
        for (u32 r = r0; r < r1; r++)
          for (int j = 0; j < 4; j++) s[j] += vload(x + (size_t)r * inner + c + j * VW);
      else
        for (u32 r = r0; r < r1; r++)
          for (u32 j = 0; j < 4; j++) {
            const f32 *p = x + (size_t)r * inner + c + j * VW;
            if (j * VW + VW <= n) s[j] += vload(p);
            else if (j * VW < n) s[j] += vloadn(p, n - j * VW);
          }
      for (u32 i = 0; i < 4 * VW; i++) total[i] += (f64)s[i / VW][i % VW];
    }
    for (u32 i = 0; i < n; i++) y[c + i] = (f32)(total[i] * (f64)d->scale);
  }
}
