#include "kernel.h"
// Generalised Jensen-Shannon divergence of two rows of logits whose log-sum-exps are known, tile by tile of the vocabulary.
// m = (1 - beta) p + beta q. With d = log q - log p and u = e^-|d|, the larger of the two taken out:
//   d <= 0: log p - log m = -log(1 + beta (u - 1))          d > 0: log q - log m = -log(1 + (1 - beta) (u - 1))
// which is exactly 0 where p = q. A column at -inf in one of them has mass in the other alone.

#define INF __builtin_inff()
enum { FIRST = 1, ENTROPY = 2 };

INLINE vf load(const f32 *p, u32 i, u32 n, vf by) {
  if (i + VW <= n) return vload(p + i) * by;
  vf r = vsplat(-INF);
  for (u32 k = 0; k < VW; k++)
    if (i + k < n) r[k] = p[i + k] * by[k];
  return r;
}
INLINE vf nonzero(vf weight, vf value) { return vselect(weight > vsplat(0), weight * value, vsplat(0)); }

// log p - log m, and log q - log m in *other
INLINE vf gaps(vf logp, vf logq, vf beta, vf *other) {
  const vf d = logq - logp, size = vmax(d, -d), u = vexp(-size);
  const vi less = d <= vsplat(0);
  const vf l = vlog(vfma(vselect(less, beta, vsplat(1) - beta), u - vsplat(1), vsplat(1)));
  *other = vselect(less, d - l, -l);
  return vselect(less, -l, -d - l);
}

// out: sum p (log p - log m), sum q (log q - log m)
static NOINLINE void sums(const f32 *z, const f32 *z0, u32 n, vf by, f32 logsumexp, f32 refLogsumexp, f32 beta, f32 *out) {
  vf a = vsplat(0), b = vsplat(0);
  for (u32 i = 0; i < n; i += VW) {
    const vf logp = load(z, i, n, by) - vsplat(logsumexp), logq = load(z0, i, n, by) - vsplat(refLogsumexp);
    vf other;
    const vf own = gaps(logp, logq, vsplat(beta), &other);
    a += nonzero(vexp(logp), own);
    b += nonzero(vexp(logq), other);
  }
  out[0] = vsum(a);
  out[1] = vsum(b);
}

KERNEL(lmHeadJsdUpdate) {
  const u32 columns = d->columns, end = MIN(d->rows, (chunk + 1) * d->rowsPerChunk);
  for (u32 r = chunk * d->rowsPerChunk; r < end; r++) {
    f32 out[2];
    const f32 *z = F32(d->logits) + (size_t)r * columns, *z0 = F32(d->refLogits) + (size_t)r * columns;
    sums(z, z0, columns, vsplat(d->inverseTemperature), F32(d->logsumexp)[r], F32(d->refLogsumexp)[r], d->beta, out);
    const f32 jsd = (1 - d->beta) * out[0] + d->beta * out[1];
    const u32 first = d->flags & FIRST;
    F32(d->jsd)[r] = first ? jsd : F32(d->jsd)[r] + jsd;
    F32(d->pull)[r] = first ? out[0] : F32(d->pull)[r] + out[0];
  }
}

// z -> dz = dlogprob (1[target] - p) - dentropy p (log p + entropy) + djsd (1 - beta) p (log p - log m - pull)
static NOINLINE void row(f32 *z, const f32 *z0, u32 n, vf by, f32 a, f32 b, f32 k, f32 e, f32 e0, f32 beta) {
  for (u32 i = 0; i < n; i += VW) {
    const vf logp = load(z, i, n, by) - vsplat(e), logq = load(z0, i, n, by) - vsplat(e0), p = vexp(logp);
    vf other;
    const vf own = gaps(logp, logq, vsplat(beta), &other);
    const vf g = nonzero(p, vfma(vsplat(k), own, vfma(vsplat(b), logp, vsplat(a))));
    if (i + VW <= n) vstore(z + i, g);
    else vstoren(z + i, g, n - i);
  }
}

KERNEL(lmHeadJsdGradient) {
  const u32 columns = d->columns, end = MIN(d->rows, (chunk + 1) * d->rowsPerChunk);
  const f32 by = d->inverseTemperature;
  for (u32 r = chunk * d->rowsPerChunk; r < end; r++) {
    f32 *z = F32(d->logits) + (size_t)r * columns;
    const f32 dlogprob = F32(d->dlogprobs)[r] * by, dentropy = d->flags & ENTROPY ? F32(d->dentropy)[r] * by : 0;
    const f32 k = F32(d->djsd)[r] * by * (1 - d->beta);
    const f32 a = -dlogprob - dentropy * F32(d->entropy)[r] - k * F32(d->pull)[r];
    row(z, F32(d->refLogits) + (size_t)r * columns, columns, vsplat(by), a, -dentropy, k, F32(d->logsumexp)[r], F32(d->refLogsumexp)[r], d->beta);
    const u32 target = (u32)I32(d->targets)[r] - d->firstColumn;
    if (target < columns) z[target] += dlogprob;
  }
}
