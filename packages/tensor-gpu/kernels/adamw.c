// AdamW over all parameters at once. Two commands: adamwNorm (sum of squared gradients per chunk),
// then, once the caller has turned the partial sums into a clip factor, adamwUpdate.
#include "kernel.h"

#define BLOCK 1024 // elements summed in f32 lanes before they join the f64 sum

KERNEL(adamwNorm) {
  const u32 *part = (const u32 *)(heap + d->parts) + 3 * (u64)chunk;
  const u32 *entry = (const u32 *)(heap + d->parameters) + 5 * (u64)part[0];
  const f32 *g = (const f32 *)(heap + entry[1]) + part[1];
  double total = 0;
  for (u32 start = 0; start < part[2]; start += BLOCK) {
    u32 end = part[2] - start < BLOCK ? part[2] : start + BLOCK;
    vf sum = vsplat(0);
    u32 i = start;
    for (; i + VW <= end; i += VW) {
      vf x = vload(g + i);
      sum = vfma(x, x, sum);
    }
    f32 tail = 0;
    for (; i < end; i++) tail += g[i] * g[i];
    total += (double)vsum(sum) + (double)tail;
  }
  ((double *)(heap + d->sums))[chunk] = total;
}

KERNEL(adamwUpdate) {
  const u32 *part = (const u32 *)(heap + d->parts) + 3 * (u64)chunk;
  const u32 *entry = (const u32 *)(heap + d->parameters) + 5 * (u64)part[0];
  f32 *w = (f32 *)(heap + entry[0]) + part[1];
  const f32 *g = (const f32 *)(heap + entry[1]) + part[1];
  f32 *m = (f32 *)(heap + entry[2]) + part[1];
  f32 *v = (f32 *)(heap + entry[3]) + part[1];
  const f32 *scalars = (const f32 *)(heap + d->scalars);
  f32 clip = scalars[0], keep = scalars[1], oneMinusBeta1 = scalars[2];
  f32 beta2 = scalars[3], oneMinusBeta2 = scalars[4];
  f32 stepSize = scalars[5], inverseRootBias2 = scalars[6], eps = scalars[7];
  u32 i = 0;
  for (; i + VW <= part[2]; i += VW) {
    vf grad = vload(g + i) * vsplat(clip);
    vf mean = vload(m + i);
    mean = vfma(grad - mean, vsplat(oneMinusBeta1), mean);
    vf square = vfma(grad * grad, vsplat(oneMinusBeta2), vload(v + i) * vsplat(beta2));
    vf denominator = vfma(__builtin_elementwise_sqrt(square), vsplat(inverseRootBias2), vsplat(eps));
    vf weight = vload(w + i) * vsplat(keep);
    vstore(m + i, mean);
    vstore(v + i, square);
    vstore(w + i, weight - vsplat(stepSize) * (mean / denominator));
  }
  for (; i < part[2]; i++) {
    f32 grad = g[i] * clip;
    f32 mean = m[i] + (grad - m[i]) * oneMinusBeta1;
    f32 square = grad * grad * oneMinusBeta2 + v[i] * beta2;
    m[i] = mean;
    v[i] = square;
    w[i] = w[i] * keep - stepSize * (mean / (ssqrt(square) * inverseRootBias2 + eps));
  }
}
