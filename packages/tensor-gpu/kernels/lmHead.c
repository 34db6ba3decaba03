#include "kernel.h"
// Softmax statistics of rows of logits that come in tiles of the vocabulary, and the gradient with respect to a tile.
// z = logit / temperature. A column at -inf has probability 0 and adds nothing.

// What is known of a row so far; sums are relative to the running maxima, so an offset of the logits cancels exactly.
typedef struct {
  f32 top, sum, target;     // max z, sum e^(z - top), z[target]
  f32 moment;               // sum e^(z - top) (z - top)
  f32 refTop, refSum;       // the same of the base's logits
  f32 gap;                  // reverse: sum e^(z - top) d, forward: sum e^(z0 - refTop) -d;  d = (z - top) - (z0 - refTop)
  f32 unused;
} Row;

#define INF __builtin_inff()
enum { FIRST = 1, ENTROPY = 2, FORWARD = 4 };

// lanes from n on: -inf
INLINE vf load(const f32 *p, u32 i, u32 n, vf by) {
  if (i + VW <= n) return vload(p + i) * by;
  vf r = vsplat(-INF);
  for (u32 k = 0; k < VW; k++)
    if (i + k < n) r[k] = p[i + k] * by[k];
  return r;
}

static f32 maximum(const f32 *z, u32 n, vf by) {
  vf top = vsplat(-INF);
  for (u32 i = 0; i < n; i += VW) top = vmax(load(z, i, n, by), top);
  return vmaxh(top);
}
// a maximum that may be subtracted: not -inf
INLINE f32 base(f32 top) { return top == -INF ? 0 : top; }
INLINE vf nonzero(vf weight, vf value) { return vselect(weight > vsplat(0), weight * value, vsplat(0)); }

static NOINLINE void sums(const f32 *z, u32 n, vf by, f32 top, f32 *out) {
  vf sum = vsplat(0);
  for (u32 i = 0; i < n; i += VW) sum += vexp(load(z, i, n, by) - vsplat(top));
  out[0] = vsum(sum);
}
static NOINLINE void sumsWithMoment(const f32 *z, u32 n, vf by, f32 top, f32 *out) {
  vf sum = vsplat(0), moment = vsplat(0);
  for (u32 i = 0; i < n; i += VW) {
    const vf x = load(z, i, n, by) - vsplat(top), e = vexp(x);
    sum += e;
    moment += nonzero(e, x);
  }
  out[0] = vsum(sum);
  out[1] = vsum(moment);
}
// out: sum, moment, reference's sum, gap
static NOINLINE void sumsWithRef(const f32 *z, const f32 *z0, u32 n, vf by, f32 top, f32 top0, u32 forward, f32 *out) {
  vf sum = vsplat(0), moment = vsplat(0), sum0 = vsplat(0), gap = vsplat(0);
  for (u32 i = 0; i < n; i += VW) {
    const vf x = load(z, i, n, by) - vsplat(top), x0 = load(z0, i, n, by) - vsplat(top0);
    const vf e = vexp(x), e0 = vexp(x0);
    sum += e;
    sum0 += e0;
    moment += nonzero(e, x);
    gap += forward ? nonzero(e0, x0 - x) : nonzero(e, x - x0);
  }
  out[0] = vsum(sum);
  out[1] = vsum(moment);
  out[2] = vsum(sum0);
  out[3] = vsum(gap);
}

static void update(Row *row, const f32 *z, const f32 *z0, u32 n, f32 by, u32 flags) {
  const u32 first = flags & FIRST;
  const f32 tileTop = maximum(z, n, vsplat(by)), top = first ? tileTop : MAX(row->top, tileTop);
  f32 out[4] = {0, 0, 0, 0}, top0 = 0;
  if (z0) {
    const f32 tileTop0 = maximum(z0, n, vsplat(by));
    top0 = first ? tileTop0 : MAX(row->refTop, tileTop0);
    sumsWithRef(z, z0, n, vsplat(by), base(top), base(top0), flags & FORWARD, out);
  } else if (flags & ENTROPY) {
    sumsWithMoment(z, n, vsplat(by), base(top), out);
  } else {
    sums(z, n, vsplat(by), base(top), out);
  }
  if (!first) { // bring the older sums to the new maxima
    const f32 shift = base(row->top) - base(top), scale = row->sum > 0 ? sexp(shift) : 0;
    const f32 shift0 = base(row->refTop) - base(top0), scale0 = row->refSum > 0 ? sexp(shift0) : 0;
    if (z0 && (flags & FORWARD)) {
      if (scale0 > 0) out[3] += scale0 * (row->gap + (shift0 - shift) * row->refSum);
    } else if (z0 && scale > 0) {
      out[3] += scale * (row->gap + (shift - shift0) * row->sum);
    }
    if (scale > 0) out[1] += scale * (row->moment + shift * row->sum);
    out[0] += scale * row->sum;
    out[2] += scale0 * row->refSum;
  }
  row->top = top;
  row->sum = out[0];
  row->moment = out[1];
  row->refTop = top0;
  row->refSum = out[2];
  row->gap = out[3];
}

KERNEL(lmHeadUpdate) {
  const u32 columns = d->columns, end = MIN(d->rows, (chunk + 1) * d->rowsPerChunk);
  for (u32 r = chunk * d->rowsPerChunk; r < end; r++) {
    Row *row = (Row *)(heap + d->state) + r;
    const f32 *z = F32(d->logits) + (size_t)r * columns, *z0 = d->refLogits ? F32(d->refLogits) + (size_t)r * columns : 0;
    update(row, z, z0, columns, d->inverseTemperature, d->flags);
    const u32 target = (u32)I32(d->targets)[r] - d->firstColumn;
    if (target < columns) row->target = z[target] * d->inverseTemperature;
  }
}

KERNEL(lmHeadFinish) {
  for (u32 r = 0; r < d->rows; r++) {
    const Row *row = (const Row *)(heap + d->state) + r;
    const f32 ln = slog(row->sum);
    F32(d->logprobs)[r] = (row->target - row->top) - ln;
    F32(d->entropy)[r] = d->flags & ENTROPY ? ln - row->moment / row->sum : 0;
    F32(d->logsumexp)[r] = row->top + ln;
    if (!d->kl) continue;
    const f32 ln0 = slog(row->refSum);
    F32(d->kl)[r] = d->flags & FORWARD ? row->gap / row->refSum + (ln - ln0) : row->gap / row->sum + (ln0 - ln);
    F32(d->refLogsumexp)[r] = row->refTop + ln0;
  }
}

typedef struct {
  f32 logsumexp, refLogsumexp, entropy, kl;
  f32 dlogprob, dentropy, dkl; // cotangents, already divided by the temperature
} Cotangent;

// dz = dlogprob (1[target] - p) - dentropy p (log p + entropy) + dkl p (log p - log q - kl), forward: dkl (p - q)
static NOINLINE void plainRow(const f32 *z, f32 *dz, u32 n, vf by, const Cotangent *c) {
  const vf a = vsplat(-c->dlogprob), e = vsplat(c->logsumexp);
  for (u32 i = 0; i < n; i += VW) {
    const vf g = a * vexp(load(z, i, n, by) - e);
    if (i + VW <= n) vstore(dz + i, g);
    else vstoren(dz + i, g, n - i);
  }
}
static NOINLINE void entropyRow(const f32 *z, f32 *dz, u32 n, vf by, const Cotangent *c) {
  const vf a = vsplat(-c->dlogprob - c->dentropy * c->entropy), b = vsplat(-c->dentropy), e = vsplat(c->logsumexp);
  for (u32 i = 0; i < n; i += VW) {
    const vf logp = load(z, i, n, by) - e, p = vexp(logp), g = nonzero(p, vfma(b, logp, a));
    if (i + VW <= n) vstore(dz + i, g);
    else vstoren(dz + i, g, n - i);
  }
}
static NOINLINE void klRow(const f32 *z, const f32 *z0, f32 *dz, u32 n, vf by, const Cotangent *c, u32 forward) {
  const f32 constant = -c->dlogprob - c->dentropy * c->entropy + (forward ? c->dkl : -c->dkl * c->kl);
  const vf a = vsplat(constant), b = vsplat(-c->dentropy), k = vsplat(c->dkl);
  const vf e = vsplat(c->logsumexp), e0 = vsplat(c->refLogsumexp);
  for (u32 i = 0; i < n; i += VW) {
    const vf logp = load(z, i, n, by) - e, logq = load(z0, i, n, by) - e0, p = vexp(logp);
    const vf t = vfma(b, logp, a);
    const vf g = forward ? nonzero(p, t) - k * vexp(logq) : nonzero(p, vfma(k, logp - logq, t));
    if (i + VW <= n) vstore(dz + i, g);
    else vstoren(dz + i, g, n - i);
  }
}

KERNEL(lmHeadGradient) {
  const u32 columns = d->columns, end = MIN(d->rows, (chunk + 1) * d->rowsPerChunk);
  const f32 by = d->inverseTemperature;
  for (u32 r = chunk * d->rowsPerChunk; r < end; r++) {
    const f32 *z = F32(d->logits) + (size_t)r * columns;
    f32 *dz = F32(d->dlogits) + (size_t)r * columns;
    const Cotangent c = {F32(d->logsumexp)[r], d->dkl ? F32(d->refLogsumexp)[r] : 0, d->dentropy ? F32(d->entropy)[r] : 0, d->dkl ? F32(d->kl)[r] : 0,
                         F32(d->dlogprobs)[r] * by, d->dentropy ? F32(d->dentropy)[r] * by : 0, d->dkl ? F32(d->dkl)[r] * by : 0};
    if (c.dlogprob == 0 && c.dentropy == 0 && c.dkl == 0) {
      for (u32 i = 0; i < columns; i++) dz[i] = 0;
      continue;
    }
    if (c.dkl != 0) klRow(z, F32(d->refLogits) + (size_t)r * columns, dz, columns, vsplat(by), &c, d->flags & FORWARD);
    else if (c.dentropy != 0) entropyRow(z, dz, columns, vsplat(by), &c);
    else plainRow(z, dz, columns, vsplat(by), &c);
    const u32 target = (u32)I32(d->targets)[r] - d->firstColumn;
    if (target < columns) dz[target] += c.dlogprob;
  }
}
