// Attention of a decode step with a key-value cache, and the row-wise pieces around it. Each row is one token of one
// sequence at its own position: decoding has one row per sequence, prefilling one per prompt token (no padding).
//
// The cache is pages of LANES positions; a sequence has a table of the heap offsets of its pages, and sequences with the same
// beginning share them. A page holds a cell for each layer and head of keys and values: { K: [D][16], V: [16][Dp] } in the
// cache's format, Dp = D up to a multiple of 16; int8 has one f32 scale per position after them, of K and then of V.
// K keeps 16 positions side by side, so that scores need no horizontal sums. Everything a row computes depends on its
// own tokens only, in an order that depends on its position only.
#include "decode.h"

#define LANES 16 // positions of a page
#define PADDED(D) (((D) + LANES - 1) / LANES * LANES)

enum { CACHE_F32, CACHE_BF16, CACHE_INT8 }; // CACHE_FORMATS of kvPages.ts
typedef int8_t i8;
typedef i8 vb __attribute__((vector_size(VW), aligned(1)));
typedef u16 vh __attribute__((vector_size(VW * 2), aligned(2)));
typedef u32 vu __attribute__((vector_size(VW * 4), aligned(4)));

#define CACHE_WIDTH(format) ((format) == CACHE_F32 ? 4u : (format) == CACHE_BF16 ? 2u : 1u) // bytes of an element
#define VALUES(D, format) ((D) * LANES * CACHE_WIDTH(format))                               // where V starts in a cell
#define SCALES(D, format) (VALUES(D, format) + PADDED(D) * LANES * CACHE_WIDTH(format))      // and the scales
#define CELL(D, format) (SCALES(D, format) + ((format) == CACHE_INT8 ? 2u * LANES * 4u : 0u))

// VW elements from number i on, as floats
INLINE vf cacheLoad(const u8 *cell, size_t i, const int format) {
  if (format == CACHE_F32) return vload((const f32 *)cell + i);
  if (format == CACHE_BF16) return (vf)(__builtin_convertvector(*(const vh *)((const u16 *)cell + i), vu) << 16);
  return __builtin_convertvector(*(const vb *)((const i8 *)cell + i), vf);
}

// x[0..n) to elements start, start + step, ...; int8: x / scale, rounded, where max |x| / scale = 127
INLINE void cacheStore(u8 *cell, size_t start, u32 step, const f32 *x, u32 n, f32 *scale, const int format) {
  if (format == CACHE_F32) {
    for (u32 i = 0; i < n; i++) ((f32 *)cell)[start + i * step] = x[i];
  } else if (format == CACHE_BF16) {
    for (u32 i = 0; i < n; i++) {
      union { f32 f; u32 u; } bits = {x[i]};
      u32 rounded = bits.u + 0x7fffu + (bits.u >> 16 & 1);
      ((u16 *)cell)[start + i * step] = x[i] != x[i] ? 0x7fc0 : (u16)(rounded >> 16); // rounding could make a NaN infinite
    }
  } else {
    f32 most = 0;
    for (u32 i = 0; i < n; i++) most = sabs(x[i]) <= most ? most : sabs(x[i]); // NaN stays
    *scale = most / 127;
    f32 inverse = most > 0 ? 127 / most : 0;
    for (u32 i = 0; i < n; i++) ((i8 *)cell)[start + i * step] = (i8)(i32)__builtin_roundevenf(x[i] * inverse);
  }
}

// y[r] = x[r] / sqrt(mean(x[r]^2) + eps) * weight
static void decodeRms(const f32 *x, const f32 *weight, f32 *y, u32 width, f32 eps) {
  vf sum = vsplat(0);
  u32 i = 0;
  for (; i + VW <= width; i += VW) sum = vfma(vload(x + i), vload(x + i), sum);
  if (i < width) {
    vf tail = vloadn(x + i, width - i);
    sum = vfma(tail, tail, sum);
  }
  f32 scale = 1.0f / ssqrt(vsum(sum) / (f32)width + eps);
  for (i = 0; i + VW <= width; i += VW) vstore(y + i, vload(x + i) * vsplat(scale) * vload(weight + i));
  for (; i < width; i++) y[i] = x[i] * scale * weight[i];
}

KERNEL(decodeNorm) {
  u32 rows = U32(d->live)[0], width = d->width;
  for (u32 r = chunk; r < rows; r += d->chunks)
    decodeRms(F32(d->x) + (size_t)r * width, F32(d->weight), F32(d->y) + (size_t)r * width, width, d->eps);
}

// y = x s
static void decodeScale(const f32 *x, f32 s, f32 *y, u32 n) {
  u32 i = 0;
  for (; i + VW <= n; i += VW) vstore(y + i, vload(x + i) * vsplat(s));
  for (; i < n; i++) y[i] = x[i] * s;
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
  u32 half = D / 2, i = 0;
  for (; i + VW <= half; i += VW) {
    vf a = vload(y + i), b = vload(y + i + half), c = vload(cosine + i), s = vload(sine + i);
    vstore(y + i, a * c - b * s);
    vstore(y + i + half, b * c + a * s);
  }
  for (; i < half; i++) {
    f32 a = y[i], b = y[i + half];
    y[i] = a * cosine[i] - b * sine[i];
    y[i + half] = b * cosine[i] + a * sine[i];
  }
}

#if defined(__wasm__)
#define PAGES 1 // V8 keeps the sums of one in registers
#else
#define PAGES 2 // sums of one page wait for each other
#endif
// score[g][j] = q[g] . K[j] for the LANES positions of each page; constant numbers of heads that share K and of pages
INLINE void decodeScores(const f32 *q, u32 Dp, const u8 *const *cells, u32 D, f32 *score, u32 stride, const int n, const int pages,
                         const int format) {
  vf s[2][PAGES][LANES / VW];
  for (int g = 0; g < n; g++)
    for (int page = 0; page < pages; page++)
      for (int l = 0; l < LANES / VW; l++) s[g][page][l] = vsplat(0);
  for (u32 i = 0; i < D; i++) {
    vf x[2];
    for (int g = 0; g < n; g++) x[g] = vsplat(q[g * Dp + i]);
    for (int page = 0; page < pages; page++)
      for (int l = 0; l < LANES / VW; l++) {
        vf k = cacheLoad(cells[page], i * LANES + l * VW, format);
        for (int g = 0; g < n; g++) s[g][page][l] = vfma(x[g], k, s[g][page][l]);
      }
  }
  for (int page = 0; page < pages; page++) {
    const f32 *scales = (const f32 *)(cells[page] + SCALES(D, format));
    for (int g = 0; g < n; g++)
      for (int l = 0; l < LANES / VW; l++)
        vstore(score + g * stride + page * LANES + l * VW,
               format == CACHE_INT8 ? s[g][page][l] * vload(scales + l * VW) : s[g][page][l]);
  }
}

// out[g][i..) = sum_j p[g][j] V[j][i..) for a constant number of vectors and heads
INLINE void decodeMix(const f32 *p, u32 stride, const u8 *heap, const u32 *pages, u32 cell, u32 count, u32 D, u32 i, f32 *out,
                      const int vectors, const int n, const int format) {
  u32 Dp = PADDED(D);
  vf sum[2][8];
  for (int g = 0; g < n; g++)
    for (int l = 0; l < vectors; l++) sum[g][l] = vsplat(0);
  for (u32 first = 0; first < count; first += LANES) {
    const u8 *V = heap + pages[first / LANES] + cell, *scales = V + SCALES(D, format) + LANES * 4;
    u32 positions = MIN(LANES, count - first);
    V += VALUES(D, format);
    for (u32 j = 0; j < positions; j++) {
      vf weight[2];
      for (int g = 0; g < n; g++) {
        f32 w = p[g * stride + first + j];
        weight[g] = vsplat(format == CACHE_INT8 ? w * ((const f32 *)scales)[j] : w);
      }
      for (int l = 0; l < vectors; l++) {
        vf v = cacheLoad(V, (size_t)j * Dp + i + l * VW, format);
        for (int g = 0; g < n; g++) sum[g][l] = vfma(weight[g], v, sum[g][l]);
      }
    }
  }
  for (int g = 0; g < n; g++)
    for (int l = 0; l < vectors; l++) vstore(out + g * Dp + i + l * VW, sum[g][l]);
}
#define MIX (VW == 4 ? LANES : 2 * LANES) // columns of V at a time: 8 sums in registers for two heads

// softmax over score[first..count), zeros before it and behind it up to `padded`; not divided by its sum, whose inverse is returned
static f32 decodeSoftmax(f32 *score, u32 first, u32 count, u32 padded) {
  for (u32 j = 0; j < first; j++) score[j] = -__builtin_inff();
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

// Positions [first, count) of the pages
typedef struct {
  const u32 *pages;
  u32 first, count; // first: of the first page
} Span;

// What a query at a position sees
static Span spanOf(const u32 *pages, u32 position, u32 window) {
  const u32 from = window > 0 && position >= window ? position + 1 - window : 0, page = from / LANES;
  return (Span){pages + page, from - page * LANES, position + 1 - page * LANES};
}

// n query heads that share one head of keys and values
INLINE void decodeHeads(const f32 *q, const u8 *heap, Span seen, u32 cell, u32 D, f32 *score, f32 *mixed, f32 *inverse, const int n,
                        const int format) {
  const u32 *pages = seen.pages, count = seen.count;
  u32 Dp = PADDED(D), padded = PADDED(count), i = 0;
  const u32 blocks = padded / LANES;
  for (u32 b = 0, m; b < blocks; b += m) {
    m = MIN(PAGES, blocks - b);
    const u8 *cells[PAGES];
    for (u32 k = 0; k < m; k++) {
      cells[k] = heap + pages[b + k] + cell;
      prefetch(cells[k] + VALUES(D, format), CELL(D, format) - VALUES(D, format)); // pages lie apart
    }
    for (u32 k = b + m; k < MIN(b + m + PAGES, blocks); k++) prefetch(heap + pages[k] + cell, VALUES(D, format));
    if (m == 1) decodeScores(q, Dp, cells, D, score + b * LANES, padded, n, 1, format);
    else decodeScores(q, Dp, cells, D, score + b * LANES, padded, n, PAGES, format);
  }
  for (int g = 0; g < n; g++) inverse[g] = decodeSoftmax(score + g * padded, seen.first, count, padded);
  for (; i + MIX <= Dp; i += MIX) decodeMix(score, padded, heap, pages, cell, count, D, i, mixed, MIX / VW, n, format);
  for (; i < Dp; i += LANES) decodeMix(score, padded, heap, pages, cell, count, D, i, mixed, LANES / VW, n, format);
}

#define WRITE 1
#define ATTEND 2
INLINE void attend(u8 *heap, const decodeAttentionWords *d, u32 chunk, f32 *scratch, const int format) {
  u32 rows = U32(d->live)[0], heads = d->heads, kvHeads = d->kvHeads, D = d->headDim, todo = d->phases;
  u32 group = heads / kvHeads, Dp = PADDED(D), width = (heads + 2 * kvHeads) * D;
  f32 eps = d->eps, scale = d->scale;
  f32 *rotated = scratch, *mixed = rotated + 2 * Dp, *score = mixed + 2 * Dp, inverse[2];
  for (u32 item = chunk; item < rows * kvHeads; item += d->chunks) {
    u32 r = item / kvHeads, h = item % kvHeads, position = U32(d->positions)[r];
    const u32 *pages = U32(U32(d->tables)[U32(d->slots)[r]]);
    const Span seen = spanOf(pages, position, d->window);
    u32 cell = d->layerOffset + h * CELL(D, format);
    const f32 *qkv = F32(d->qkv) + (size_t)r * width, *bias = d->bias ? F32(d->bias) : 0;
    const f32 *cosine = F32(d->cos) + (size_t)position * (D / 2), *sine = F32(d->sin) + (size_t)position * (D / 2);
    if (todo & ATTEND) prefetch(heap + seen.pages[0] + cell, VALUES(D, format));
    if (todo & WRITE) {
      const size_t key = (size_t)(heads + h) * D, value = (size_t)(heads + kvHeads + h) * D;
      u8 *here = heap + pages[position / LANES] + cell;
      u32 lane = position % LANES;
      f32 *scales = (f32 *)(here + SCALES(D, format)) + lane;
      decodeHead(qkv + key, bias ? bias + key : 0, d->kNorm ? F32(d->kNorm) : 0, cosine, sine, rotated, D, eps);
      cacheStore(here, lane, LANES, rotated, D, scales, format);
      decodeBias(qkv + value, bias ? bias + value : 0, rotated, D);
      for (u32 i = D; i < Dp; i++) rotated[i] = 0;
      cacheStore(here + VALUES(D, format), (size_t)lane * Dp, 1, rotated, Dp, scales + LANES, format);
    }
    if (!(todo & ATTEND)) continue;
    for (u32 g = 0; g < group; g += 2) {
      u32 pair = MIN(2, group - g), head = h * group + g;
      for (u32 n = 0; n < pair; n++) {
        f32 *q = rotated + n * Dp;
        const size_t query = (size_t)(head + n) * D;
        decodeHead(qkv + query, bias ? bias + query : 0, d->qNorm ? F32(d->qNorm) : 0, cosine, sine, q, D, eps);
        decodeScale(q, scale, q, D);
      }
      if (pair == 2) decodeHeads(rotated, heap, seen, cell, D, score, mixed, inverse, 2, format);
      else decodeHeads(rotated, heap, seen, cell, D, score, mixed, inverse, 1, format);
      f32 *out = F32(d->out);
      for (u32 n = 0; n < pair; n++) decodeScale(mixed + n * Dp, inverse[n], out + ((size_t)r * heads + head + n) * D, D);
    }
  }
}
KERNEL(decodeAttention) {
  if (d->format == CACHE_F32) attend(heap, d, chunk, (f32 *)scratch, CACHE_F32);
  else if (d->format == CACHE_BF16) attend(heap, d, chunk, (f32 *)scratch, CACHE_BF16);
  else attend(heap, d, chunk, (f32 *)scratch, CACHE_INT8);
}
