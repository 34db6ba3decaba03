// Attention of a decode step with a key-value cache, and the row-wise pieces around it. Each row is one token of one
// sequence at its own position: decoding has one row per sequence, prefilling one per prompt token (no padding).
//
// Cache of a layer: [slot][kvHead] of { K: [capacity / 16][D][16], V: [capacity][Dp] }, Dp = D up to a multiple of 16.
// K keeps 16 positions side by side, so that scores need no horizontal sums. Everything a row computes depends on its
// own tokens only, in an order that depends on its position only.
#include "decode.h"

#define LANES 16
#define PADDED(D) (((D) + LANES - 1) / LANES * LANES)

// h[r] = embedding[token[r]]
KERNEL(decodeEmbed) {
  u32 rows = U32(d->live)[0], width = d->width;
  for (u32 r = chunk; r < rows; r += d->chunks) {
    const f32 *from = F32(d->embed) + (size_t)I32(d->tokens)[r] * width;
    f32 *to = F32(d->hidden) + (size_t)r * width;
    for (u32 i = 0; i < width; i++) to[i] = from[i];
  }
}

// y[r] = x[r] / sqrt(mean(x[r]^2) + eps) * weight
static void decodeRms(const f32 *x, const f32 *weight, f32 *y, u32 width, f32 eps) {
  vf sum = vsplat(0);
  u32 i = 0;
  for (; i + VW <= width; i += VW) sum = vfma(vload(x + i), vload(x + i), sum);
  vf tail = vloadn(x + i, width - i);
  sum = vfma(tail, tail, sum);
  f32 scale = 1.0f / ssqrt(vsum(sum) / (f32)width + eps);
  for (i = 0; i + VW <= width; i += VW) vstore(y + i, vload(x + i) * vsplat(scale) * vload(weight + i));
  for (; i < width; i++) y[i] = x[i] * scale * weight[i];
}

KERNEL(decodeNorm) {
  u32 rows = U32(d->live)[0], width = d->width;
  f32 *normed = (f32 *)scratch, *y = F32(d->y);
  for (u32 r = chunk; r < rows; r += d->chunks) {
    decodeRms(F32(d->x) + (size_t)r * width, F32(d->weight), normed, width, d->eps);
    for (u32 i = 0; i < width; i++) y[LEFT(r, i, width)] = normed[i];
  }
}

// y = x + bias (0: none)
static void decodeBias(const f32 *x, const f32 *bias, f32 *y, u32 D) {
  for (u32 i = 0; i < D; i++) y[i] = bias ? x[i] + bias[i] : x[i];
}

// bias (0: none), per-head RMSNorm (weight 0: none), then rotation of the pairs (i, i + D/2)
static void decodeHead(const f32 *x, const f32 *bias, const f32 *weight, const f32 *cosine, const f32 *sine, f32 *y, u32 D,
                       f32 eps) {
  if (bias || !weight) {
    decodeBias(x, bias, y, D);
    x = y;
  }
  if (weight) decodeRms(x, weight, y, D, eps);
  u32 half = D / 2;
  for (u32 i = 0; i < half; i++) {
    f32 a = y[i], b = y[i + half];
    y[i] = a * cosine[i] - b * sine[i];
    y[i + half] = b * cosine[i] + a * sine[i];
  }
}

// score[g][j] = q[g] . K[j] for the LANES positions of a block; n = a constant number of heads that share K
INLINE void decodeScores(const f32 *q, u32 Dp, const f32 *block, u32 D, f32 *score, u32 stride, const int n) {
  vf s[2][LANES / VW];
  for (int g = 0; g < n; g++)
    for (int l = 0; l < LANES / VW; l++) s[g][l] = vsplat(0);
  for (u32 i = 0; i < D; i++)
    for (int l = 0; l < LANES / VW; l++) {
      vf k = vload(block + i * LANES + l * VW);
      for (int g = 0; g < n; g++) s[g][l] = vfma(vsplat(q[g * Dp + i]), k, s[g][l]);
    }
  for (int g = 0; g < n; g++)
    for (int l = 0; l < LANES / VW; l++) vstore(score + g * stride + l * VW, s[g][l]);
}

// out[g][0..) = sum_j p[g][j] V[j][0..) for a constant number of vectors and heads
INLINE void decodeMix(const f32 *p, u32 stride, const f32 *V, u32 count, u32 Dp, f32 *out, const int vectors, const int n) {
  vf sum[2][8];
  for (int g = 0; g < n; g++)
    for (int l = 0; l < vectors; l++) sum[g][l] = vsplat(0);
  for (u32 j = 0; j < count; j++)
    for (int l = 0; l < vectors; l++) {
      vf v = vload(V + (size_t)j * Dp + l * VW);
      for (int g = 0; g < n; g++) sum[g][l] = vfma(vsplat(p[g * stride + j]), v, sum[g][l]);
    }
  for (int g = 0; g < n; g++)
    for (int l = 0; l < vectors; l++) vstore(out + g * Dp + l * VW, sum[g][l]);
}
#define MIX (VW == 4 ? LANES : 2 * LANES) // columns of V at a time: 8 sums in registers for two heads

// softmax over score[0..count), padded to `padded` with zeros; not divided by its sum, whose inverse is returned
static f32 decodeSoftmax(f32 *score, u32 count, u32 padded) {
  for (u32 j = count; j < padded; j++) score[j] = -__builtin_inff();
  vf top = vload(score);
  for (u32 j = VW; j < padded; j += VW) top = vmax(vload(score + j), top);
  vf most = vsplat(vmaxh(top)), sum = vsplat(0);
  for (u32 j = 0; j < padded; j += VW) {
    vf p = vexp(vload(score + j) - most);
    vstore(score + j, p);
    sum += p;
  }
  return 1.0f / vsum(sum);
}

// n query heads that share one head of keys and values
INLINE void decodeHeads(const f32 *q, const f32 *K, const f32 *V, u32 count, u32 D, f32 *score, f32 *mixed, f32 *inverse,
                        const int n) {
  u32 Dp = PADDED(D), padded = PADDED(count), i = 0;
  for (u32 b = 0; b < padded; b += LANES) decodeScores(q, Dp, K + (size_t)b * D, D, score + b, padded, n);
  for (int g = 0; g < n; g++) inverse[g] = decodeSoftmax(score + g * padded, count, padded);
  for (; i + MIX <= Dp; i += MIX) decodeMix(score, padded, V + i, count, Dp, mixed + i, MIX / VW, n);
  for (; i < Dp; i += LANES) decodeMix(score, padded, V + i, count, Dp, mixed + i, LANES / VW, n);
}

#define WRITE 1
#define ATTEND 2
KERNEL(decodeAttention) {
  u32 rows = U32(d->live)[0], heads = d->heads, kvHeads = d->kvHeads, D = d->headDim, capacity = d->capacity, todo = d->phases;
  u32 group = heads / kvHeads, Dp = PADDED(D), width = (heads + 2 * kvHeads) * D;
  f32 eps = d->eps, scale = d->scale;
  f32 *rotated = (f32 *)scratch, *mixed = rotated + 2 * Dp, *score = mixed + 2 * Dp, inverse[2];
  for (u32 item = chunk; item < rows * kvHeads; item += d->chunks) {
    u32 r = item / kvHeads, h = item % kvHeads, position = U32(d->positions)[r];
    const f32 *qkv = F32(d->qkv) + (size_t)r * width, *bias = d->bias ? F32(d->bias) : 0;
    const f32 *cosine = F32(d->cos) + (size_t)position * (D / 2), *sine = F32(d->sin) + (size_t)position * (D / 2);
    f32 *K = F32(d->cache) + ((size_t)U32(d->slots)[r] * kvHeads + h) * capacity * (D + Dp), *V = K + (size_t)capacity * D;
    u32 ahead = item + d->chunks;
    if (todo & ATTEND && ahead < rows * kvHeads) {
      const f32 *next = F32(d->cache) + ((size_t)U32(d->slots)[ahead / kvHeads] * kvHeads + ahead % kvHeads) * capacity * (D + Dp);
      prefetch(next, (size_t)position * D * sizeof(f32)); // the neighbour's length is a good guess
      prefetch(next + (size_t)capacity * D, (size_t)position * Dp * sizeof(f32));
    }
    if (todo & WRITE) {
      const size_t key = (size_t)(heads + h) * D, value = (size_t)(heads + kvHeads + h) * D;
      decodeHead(qkv + key, bias ? bias + key : 0, d->kNorm ? F32(d->kNorm) : 0, cosine, sine, rotated, D, eps);
      f32 *column = K + (size_t)(position / LANES) * D * LANES + position % LANES;
      for (u32 i = 0; i < D; i++) column[i * LANES] = rotated[i];
      f32 *row = V + (size_t)position * Dp;
      decodeBias(qkv + value, bias ? bias + value : 0, row, D);
      for (u32 i = D; i < Dp; i++) row[i] = 0;
    }
    if (!(todo & ATTEND)) continue;
    for (u32 g = 0; g < group; g += 2) {
      u32 pair = MIN(2, group - g), head = h * group + g;
      for (u32 n = 0; n < pair; n++) {
        f32 *q = rotated + n * Dp;
        const size_t query = (size_t)(head + n) * D;
        decodeHead(qkv + query, bias ? bias + query : 0, d->qNorm ? F32(d->qNorm) : 0, cosine, sine, q, D, eps);
        for (u32 i = 0; i < D; i++) q[i] *= scale;
      }
      if (pair == 2) decodeHeads(rotated, K, V, position + 1, D, score, mixed, inverse, 2);
      else decodeHeads(rotated, K, V, position + 1, D, score, mixed, inverse, 1);
      f32 *out = F32(d->out);
      for (u32 n = 0; n < pair; n++)
        for (u32 i = 0; i < D; i++) out[LEFT(r, (head + n) * D + i, heads * D)] = mixed[n * Dp + i] * inverse[n];
    }
  }
}

// Copies the first `length` positions of slot `from` to slot `to`: a group's shared prompt. One chunk = one kvHead of a layer.
KERNEL(decodeCopy) {
  u32 copies = d->count, kvHeads = d->kvHeads, D = d->headDim, capacity = d->capacity, Dp = PADDED(D);
  for (u32 c = 0; c < copies; c++) {
    const u32 *copy = U32(d->copies) + 3 * (size_t)c;
    size_t size = (size_t)capacity * (D + Dp), blocks = (copy[2] + LANES - 1) / LANES;
    const f32 *from = F32(d->cache) + ((size_t)copy[0] * kvHeads + chunk) * size;
    f32 *to = F32(d->cache) + ((size_t)copy[1] * kvHeads + chunk) * size;
    for (size_t i = 0; i < blocks * D * LANES; i += VW) vstore(to + i, vload(from + i));
    from += (size_t)capacity * D;
    to += (size_t)capacity * D;
    for (size_t i = 0; i < (size_t)copy[2] * Dp; i += VW) vstore(to + i, vload(from + i));
  }
}
