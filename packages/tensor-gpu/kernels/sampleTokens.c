// Draws the next token of every live row: logit bias, penalties, suppressed ids, temperature, top-k, top-p, min-p, then the
// inverse of the cumulative distribution in the order of the ids, at a uniform number that depends on (seed, step) only.
// How a row is drawn stands in the words of its slot, so that rows of different requests share a step.
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

// The words of a slot, as drawSettings.ts writes them. Offsets are 0 for "none".
typedef struct {
  f32 temperature;
  u32 topK;
  f32 topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty;
  u32 seedLow, seedHigh, step;
  u32 seen;       // bits of the ids of prompt and completion
  u32 history;    // the ids of the completion, `step` of them
  u32 suppressed; // bits of the ids that are never drawn
  u32 biases;     // { id, f32 } each
  u32 biasCount;
  u32 kept;       // out: bits of the ids that could be drawn
  u32 top;        // out: { id, f32 log-prob } of the `topCount` most probable ids
  u32 topCount;
} DrawSettings;

// what the model's logits become before temperature and filters; e is scratch
static void adjust(u8 *heap, const DrawSettings *s, f32 *w, f32 *e, u32 words) {
  const u32 *biases = U32(s->biases), *history = U32(s->history);
  if (s->biases)
    for (u32 k = 0; k < s->biasCount; k++) w[biases[2 * k]] += ((const f32 *)biases)[2 * k + 1];
  if (s->seen)
    for (u32 k = 0; k < words; k++)
      for (u32 bits = U32(s->seen)[k]; bits; bits &= bits - 1) {
        f32 *x = w + k * 32 + (u32)__builtin_ctz(bits);
        *x = *x < 0 ? *x * s->repetitionPenalty : *x / s->repetitionPenalty;
      }
  if (!s->history) return;
  for (u32 k = 0; k < s->step; k++) e[history[k]] = 0;
  for (u32 k = 0; k < s->step; k++) e[history[k]] += 1;
  for (u32 k = 0; k < s->step; k++) {
    f32 *times = e + history[k];
    if (*times > 0) w[history[k]] -= s->frequencyPenalty * *times + s->presencePenalty;
    *times = 0; // once for each id
  }
}

// the `count` largest of w, of equals the lowest id first: { id, w - top - log total } each
static void writeTop(const f32 *w, u32 n, f32 shift, u32 *out, u32 count) {
  f32 *values = (f32 *)out;
  u32 filled = 0;
  for (u32 i = 0; i < n; i++) {
    if (filled == count && !(w[i] > values[2 * count - 1])) continue;
    u32 at = filled < count ? filled++ : count - 1;
    for (; at > 0 && w[i] > values[2 * at - 1]; at--) {
      out[2 * at] = out[2 * at - 2];
      values[2 * at + 1] = values[2 * at - 1];
    }
    out[2 * at] = i;
    values[2 * at + 1] = w[i];
  }
  for (u32 k = 0; k < filled; k++) values[2 * k + 1] -= shift;
}

static void divide(const f32 *x, f32 divisor, f32 *y, u32 n) {
  u32 i = 0;
  for (; i + VW <= n; i += VW) vstore(y + i, vload(x + i) / vsplat(divisor));
  for (; i < n; i++) y[i] = x[i] / divisor;
}

KERNEL(sampleTokens) {
  u32 live = U32(d->live)[0], V = d->vocabulary, first = d->firstRow;
  if (live <= first) return;
  u32 rows = MIN(live - first, d->rows), words = (V + 31) / 32;
  f64 *mass = (f64 *)scratch; // also the counts of top-k
  f32 *w = (f32 *)(mass + BINS), *e = w + (V + 15) / 16 * 16;
  for (u32 row = chunk; row < rows; row += d->chunks) {
    const f32 *logits = F32(d->logits) + (size_t)row * V;
    u32 r = first + row;
    const DrawSettings *s = (const DrawSettings *)U32(d->settings) + U32(d->slots)[r];
    f32 temperature = s->temperature, divisor = temperature > 0 ? temperature : 1;
    divide(logits, divisor, w, V);
    f32 top = largest(w, V), base = top;
    f64 total = exponentials(w, top, e, V), sum = total;
    if (s->top) writeTop(w, V, base + slog((f32)total), U32(s->top), s->topCount);
    int isAdjusted = s->biases || s->seen || (s->history && s->step > 0);
    if (isAdjusted) {
      for (u32 i = 0; i < V; i++) w[i] = logits[i];
      adjust(heap, s, w, e, words);
      divide(w, divisor, w, V);
    }
    if (s->suppressed) fillAt(w, U32(s->suppressed), words, -__builtin_inff());
    if (isAdjusted || s->suppressed) {
      top = largest(w, V);
      sum = exponentials(w, top, e, V);
    }
    if (s->suppressed) fillAt(e, U32(s->suppressed), words, 0); // exp above stops short of 0
    u32 id = 0;
    f64 drawn = 0;
    if (temperature > 0) {
      if (s->topK > 0) keepTopK(w, e, V, s->topK, (u32 *)mass);
      if (s->topP < 1) {
        sum = weightOf(e, V);
        keepTopP(w, e, V, (1.0 - (f64)s->topP) * sum, mass);
      }
      if (s->minP > 0)
        for (u32 i = 0; i < V; i++)
          if (e[i] < s->minP) e[i] = 0;
      drawn = weightOf(e, V);
      id = draw(e, V, uniform((u64)s->seedLow | (u64)s->seedHigh << 32, s->step) * drawn);
    } else {
      while (id + 1 < V && w[id] != top) id++;
    }
    if (s->kept)
      for (u32 k = 0; k < words; k++) {
        u32 bits = 0;
        for (u32 i = k * 32; i < MIN(V, k * 32 + 32); i++)
          if (temperature > 0 ? e[i] != 0 : i == id) bits |= 1u << i % 32;
        U32(s->kept)[k] = bits;
      }
    // one NaN or no finite logit at all: -1, and the caller stops
    int good = total > 0 && total <= 1.0e30 && sum == sum;
    f32 logprob = logits[id] / divisor - base - slog((f32)total);
    int isModel = !isAdjusted && !s->suppressed && s->topK == 0 && s->topP >= 1 && s->minP <= 0; // the model's own distribution
    if (s->seen) U32(s->seen)[id / 32] |= 1u << (id % 32);
    U32(d->drawn)[3 * (size_t)r] = good ? id : 0xffffffffu;
    F32(d->drawn)[3 * (size_t)r + 1] = logprob;
    F32(d->drawn)[3 * (size_t)r + 2] = temperature <= 0 ? 0 : isModel ? logprob : w[id] - top - slog((f32)drawn);
  }
}
