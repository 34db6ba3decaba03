// Draws the next token of every live row: repetition penalty, suppressed ids, temperature, top-k, top-p, min-p, then the
// inverse of the cumulative distribution in the order of the ids, at a uniform number that depends on (seed, step) only.
#include "kernel.h"

#define BLOCK 64 // elements summed in f32 lanes before they join the f64 sum
#define BINS 2048

// splitmix64: increment and finaliser of Steele, Lea & Flood 2014 (java.util.SplittableRandom)
#define GOLDEN 0x9E3779B97F4A7C15ull
INLINE u64 mix64(u64 z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}
// in [0, 1): output number `step` of the splitmix64 stream whose state is the mixed seed
INLINE f64 uniform(u64 seed, u32 step) {
  u64 bits = mix64(mix64(seed + GOLDEN) + (u64)(step + 1) * GOLDEN);
  return (f64)(bits >> 11) * (1.0 / 9007199254740992.0);
}

// unsigned integers in the order of the floats
INLINE u32 orderKey(f32 x) {
  union { f32 f; u32 u; } bits = {x + 0.0f}; // -0 counts as 0
  return bits.u & 0x80000000u ? ~bits.u : bits.u | 0x80000000u;
}

static f32 largest(const f32 *w, u32 n) {
  vf top = vsplat(-__builtin_inff());
  u32 i = 0;
  for (; i + VW <= n; i += VW) top = vmax(vload(w + i), top);
  f32 most = vmaxh(top);
  for (; i < n; i++) most = w[i] > most ? w[i] : most;
  return most;
}

// e = exp(w - most); their sum
static f64 exponentials(const f32 *w, f32 most, f32 *e, u32 n) {
  f64 total = 0;
  for (u32 start = 0; start < n; start += BLOCK) {
    u32 end = MIN(n, start + BLOCK), i = start;
    vf sum = vsplat(0);
    for (; i + VW <= end; i += VW) {
      vf p = vexp(vload(w + i) - vsplat(most));
      vstore(e + i, p);
      sum += p;
    }
    total += (f64)vsum(sum);
    for (; i < end; i++) total += (f64)(e[i] = sexp(w[i] - most));
  }
  return total;
}

static f64 blockSum(const f32 *e, u32 start, u32 end) {
  vf sum = vsplat(0);
  u32 i = start;
  for (; i + VW <= end; i += VW) sum += vload(e + i);
  f64 total = (f64)vsum(sum);
  for (; i < end; i++) total += (f64)e[i];
  return total;
}

// top-k: everything below the k-th largest score gets weight 0; ties with it stay
static void keepTopK(const f32 *w, f32 *e, u32 n, u32 k, u32 *counts) {
  if (k >= n) return;
  u32 key = 0, mask = 0;
  for (u32 level = 0; level < 3; level++) {
    u32 shift = level == 0 ? 21 : level == 1 ? 10 : 0, bins = level == 2 ? 1024 : BINS;
    for (u32 b = 0; b < bins; b++) counts[b] = 0;
    for (u32 i = 0; i < n; i++) {
      u32 candidate = orderKey(w[i]);
      if ((candidate & mask) == key) counts[(candidate >> shift) & (bins - 1)]++;
    }
    u32 b = bins - 1;
    while (b > 0 && counts[b] < k) k -= counts[b--];
    key |= b << shift;
    mask |= (bins - 1) << shift;
  }
  for (u32 i = 0; i < n; i++)
    if (orderKey(w[i]) < key) e[i] = 0;
}

// top-p: in ascending order, drop while the dropped mass is at most (1 - p) of what is left; of equal scores the
// highest ids are dropped first; the largest score stays
static void keepTopP(const f32 *w, f32 *e, u32 n, f64 limit, f64 *mass) {
  u32 key = 0, mask = 0;
  f64 below = 0;
  for (u32 level = 0; level < 3; level++) {
    u32 shift = level == 0 ? 21 : level == 1 ? 10 : 0, bins = level == 2 ? 1024 : BINS, highest = 0;
    for (u32 b = 0; b < bins; b++) mass[b] = 0;
    for (u32 i = 0; i < n; i++) {
      u32 candidate = orderKey(w[i]);
      if (e[i] == 0 || (candidate & mask) != key) continue;
      u32 b = (candidate >> shift) & (bins - 1);
      mass[b] += (f64)e[i];
      highest = MAX(highest, b);
    }
    u32 b = 0;
    while (b < highest && below + mass[b] <= limit) below += mass[b++];
    key |= b << shift;
    mask |= (bins - 1) << shift;
  }
  u32 ties = 0, last = 0;
  for (u32 i = 0; i < n; i++) {
    u32 candidate = orderKey(w[i]);
    if (candidate < key) e[i] = 0;
    if (candidate == key && e[i] != 0) ties++, last = i;
  }
  for (u32 i = last + 1; ties > 1 && i-- > 0;) {
    if (orderKey(w[i]) != key || e[i] == 0) continue;
    below += (f64)e[i];
    if (below > limit) break;
    e[i] = 0;
    ties--;
  }
}

// x = value where a bit is set
static void fillAt(f32 *x, const u32 *bits, u32 words, f32 value) {
  for (u32 k = 0; k < words; k++)
    for (u32 left = bits[k]; left; left &= left - 1) x[k * 32 + (u32)__builtin_ctz(left)] = value;
}

static f64 weightOf(const f32 *e, u32 n) {
  f64 total = 0;
  for (u32 start = 0; start < n; start += BLOCK) total += blockSum(e, start, MIN(n, start + BLOCK));
  return total;
}

// smallest id whose cumulative weight exceeds target
static u32 draw(const f32 *e, u32 n, f64 target) {
  f64 sum = 0;
  u32 chosen = 0;
  for (u32 start = 0; start < n; start += BLOCK) {
    u32 end = MIN(n, start + BLOCK);
    f64 next = sum + blockSum(e, start, end);
    if (next > target || end == n) {
      for (u32 i = start; i < end; i++) {
        if (e[i] == 0) continue;
        chosen = i; // rounding may leave target above the last sum: then the last one that has weight
        sum += (f64)e[i];
        if (sum > target) break;
      }
      if (e[chosen] != 0) return chosen;
    }
    sum = next;
    for (u32 i = start; i < end; i++)
      if (e[i] != 0) chosen = i;
  }
  return chosen;
}

KERNEL(sampleTokens) {
  u32 live = U32(d->live)[0], V = d->vocabulary, first = d->firstRow, topK = d->topK, most = d->maxTokens;
  if (live <= first) return;
  u32 rows = MIN(live - first, d->rows), words = (V + 31) / 32;
  f32 temperature = d->temperature, topP = d->topP, minP = d->minP, penalty = d->repetitionPenalty;
  f64 *mass = (f64 *)scratch; // also the counts of top-k
  f32 *w = (f32 *)(mass + BINS), *e = w + (V + 15) / 16 * 16;
  for (u32 row = chunk; row < rows; row += d->chunks) {
    const f32 *logits = F32(d->logits) + (size_t)row * V;
    u32 r = first + row, slot = U32(d->slots)[r], step = U32(d->counts)[slot], *seen = U32(d->seen) + (size_t)slot * words;
    f32 divisor = temperature > 0 ? temperature : 1;
    u32 i = 0;
    for (; i + VW <= V; i += VW) vstore(w + i, vload(logits + i) / vsplat(divisor));
    for (; i < V; i++) w[i] = logits[i] / divisor;
    f32 top = largest(w, V), base = top;
    f64 total = exponentials(w, top, e, V), sum = total;
    if (penalty != 1)
      for (u32 k = 0; k < words; k++)
        for (u32 bits = seen[k]; bits; bits &= bits - 1) {
          u32 id = k * 32 + (u32)__builtin_ctz(bits);
          w[id] = (logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty) / divisor;
        }
    if (d->anySuppressed) fillAt(w, U32(d->suppressed), words, -__builtin_inff());
    if (penalty != 1 || d->anySuppressed) {
      top = largest(w, V);
      sum = exponentials(w, top, e, V);
    }
    if (d->anySuppressed) fillAt(e, U32(d->suppressed), words, 0); // exp above stops short of 0
    u32 id = 0;
    f64 drawn = 0;
    if (temperature > 0) {
      if (topK > 0) keepTopK(w, e, V, topK, (u32 *)mass);
      if (topP < 1) {
        sum = weightOf(e, V);
        keepTopP(w, e, V, (1.0 - (f64)topP) * sum, mass);
      }
      if (minP > 0)
        for (i = 0; i < V; i++)
          if (e[i] < minP) e[i] = 0;
      u64 seed = (u64)U32(d->seeds)[2 * slot] | (u64)U32(d->seeds)[2 * slot + 1] << 32;
      drawn = weightOf(e, V);
      id = draw(e, V, uniform(seed, step) * drawn);
    } else {
      while (id + 1 < V && w[id] != top) id++;
    }
    // one NaN or no finite logit at all: -1, and the caller stops
    int good = total > 0 && total <= 1.0e30 && sum == sum;
    f32 logprob = logits[id] / divisor - base - slog((f32)total);
    U32(d->ids)[(size_t)slot * most + step] = good ? id : 0xffffffffu;
    F32(d->logprobs)[(size_t)slot * most + step] = logprob;
    int isModel = penalty == 1 && !d->anySuppressed && topK == 0 && topP >= 1 && minP <= 0; // the model's own distribution
    f32 sampling = temperature <= 0 ? 0 : isModel ? logprob : w[id] - top - slog((f32)drawn);
    F32(d->samplingLogprobs)[(size_t)slot * most + step] = sampling;
    seen[id / 32] |= 1u << (id % 32);
    U32(d->tokens)[r] = good ? id : 0;
    U32(d->counts)[slot] = step + 1;
    U32(d->positions)[r] += 1;
  }
}
