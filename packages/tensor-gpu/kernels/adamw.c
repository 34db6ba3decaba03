// AdamW over all parameters at once. Two commands: adamwNorm (sum of squared gradients per chunk),
// then, once the caller has turned the partial sums into a clip factor, adamwUpdate.
#include "kernel.h"

#define BLOCK 1024 // elements summed in f32 lanes before they join the f64 sum

// The tables that backend/cpu/kernels/adamw.ts writes.
typedef struct {
  u32 weight, gradient, mean, square; // offsets
  u32 count;                          // elements
} Parameter;
typedef struct {
  u32 parameter; // its place in the table
  u32 first, count;
} Part; // of a parameter: one chunk
typedef struct {
  f32 clip, keep, oneMinusBeta1, beta2, oneMinusBeta2, stepSize, inverseRootBias2, eps;
} Scalars;

KERNEL(adamwNorm) {
  const Part part = ((const Part *)(heap + d->parts))[chunk];
  const Parameter parameter = ((const Parameter *)(heap + d->parameters))[part.parameter];
  const f32 *g = F32(parameter.gradient) + part.first;
  double total = 0;
  for (u32 start = 0; start < part.count; start += BLOCK) {
    u32 end = part.count - start < BLOCK ? part.count : start + BLOCK;
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
  const Part part = ((const Part *)(heap + d->parts))[chunk];
  const Parameter parameter = ((const Parameter *)(heap + d->parameters))[part.parameter];
  const Scalars by = *(const Scalars *)(heap + d->scalars);
  f32 *w = F32(parameter.weight) + part.first, *m = F32(parameter.mean) + part.first, *v = F32(parameter.square) + part.first;
  const f32 *g = F32(parameter.gradient) + part.first;
  u32 i = 0;
  for (; i + VW <= part.count; i += VW) {
    vf grad = vload(g + i) * vsplat(by.clip);
    vf mean = vload(m + i);
    mean = vfma(grad - mean, vsplat(by.oneMinusBeta1), mean);
    vf square = vfma(grad * grad, vsplat(by.oneMinusBeta2), vload(v + i) * vsplat(by.beta2));
    vf denominator = vfma(__builtin_elementwise_sqrt(square), vsplat(by.inverseRootBias2), vsplat(by.eps));
    vf weight = vload(w + i) * vsplat(by.keep);
    vstore(m + i, mean);
    vstore(v + i, square);
    vstore(w + i, weight - vsplat(by.stepSize) * (mean / denominator));
  }
  for (; i < part.count; i++) {
    f32 grad = g[i] * by.clip;
    f32 mean = m[i] + (grad - m[i]) * by.oneMinusBeta1;
    f32 square = grad * grad * by.oneMinusBeta2 + v[i] * by.beta2;
    m[i] = mean;
    v[i] = square;
    w[i] = w[i] * by.keep - by.stepSize * (mean / (ssqrt(square) * by.inverseRootBias2 + by.eps));
  }
}
