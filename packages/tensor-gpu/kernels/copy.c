// Moving 32-bit values: blocks, permuted axes, rows by number.
#include "kernel.h"

INLINE void copyRow(const f32 *x, f32 *y, u32 n) {
  u32 i = 0;
  for (; i + VW <= n; i += VW) vstore(y + i, vload(x + i));
  for (; i < n; i++) ((u32 *)y)[i] = ((const u32 *)x)[i];
}

// y[r * ldy + i] = x[r * ldx + i], i < width
KERNEL(copyBlock) {
  u32 from = chunk * d->rowsPerChunk, to = MIN(from + d->rowsPerChunk, d->rows);
  for (u32 r = from; r < to; r++) copyRow(F32(d->x) + (size_t)r * d->ldx, F32(d->y) + (size_t)r * d->ldy, d->width);
}

// y = x with its axes permuted, at most five.
KERNEL(permute) {
  const u32 *n = d->sizes, *s = d->strides;
  const u32 rows = n[0] * n[1] * n[2], from = chunk * d->rowsPerChunk, to = MIN(from + d->rowsPerChunk, rows);
  for (u32 row = from; row < to; row++) {
    const u32 *x = U32(d->x) + (size_t)(row / (n[1] * n[2])) * s[0] + (size_t)(row / n[2] % n[1]) * s[1] + (size_t)(row % n[2]) * s[2];
    u32 *y = U32(d->y) + (size_t)row * n[3] * n[4];
    if (s[4] == 1) {
      for (u32 i = 0; i < n[3]; i++) copyRow((const f32 *)x + (size_t)i * s[3], (f32 *)y + (size_t)i * n[4], n[4]);
      continue;
    }
    // blocks of 16 x 16: lines of both sides stay in the cache
    for (u32 i0 = 0; i0 < n[3]; i0 += 16)
      for (u32 j0 = 0; j0 < n[4]; j0 += 16)
        for (u32 i = i0; i < MIN(i0 + 16, n[3]); i++)
          for (u32 j = j0; j < MIN(j0 + 16, n[4]); j++) y[(size_t)i * n[4] + j] = x[(size_t)i * s[3] + (size_t)j * s[4]];
  }
}

// y[r] = x[indices[r]]
KERNEL(gatherRows) {
  u32 from = chunk * d->rowsPerChunk, to = MIN(from + d->rowsPerChunk, d->rows), width = d->width;
  for (u32 r = from; r < to; r++) copyRow(F32(d->x) + (size_t)U32(d->indices)[r] * width, F32(d->y) + (size_t)r * width, width);
}
