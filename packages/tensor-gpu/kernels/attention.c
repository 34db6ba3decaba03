// Grouped-query attention over packed sequences, forward and backward. One file: both directions share tiles and masks.
//
// Everything lies "key by query": s[j][i] for key j and query i, queries along the vector lanes. So the softmax over keys
// needs no horizontal operation, and s serves as the packed left factor of the products that sum over keys.
// Work is cut into blocks of KB keys x QB queries; inside a block each tile stops at the diagonal (causal). The softmax is
// online: running maximum m and sum l per query, the output rescaled when a later block raises m.
//
//   forward   s = scale log2(e) k.q    p = 2^(s - m)    y = (sum_j p v) / l    logsumexp = m + log2 l (to base 2)
//   backward  p = 2^(s - logsumexp)    dp = v.dy    ds = p (dp - sum_d dy y)
//             dv = sum_i p dy    dk = scale sum_i ds q    dq = scale sum_j ds k
#include "kernel.h"

#if defined(__wasm__) && !defined(__wasm_relaxed_simd__)
#define TR 4
#else
#define TR 6
#endif
#define NR (2 * VW)
#define QB 96 // a multiple of TR and NR
#define KB 132 // a multiple of TR
#define HIDDEN -1e30f
#define LOG2E 1.44269504f
#define WIDEST 1024 // of a head, see backend/cpu/kernels/attention.ts: what the backward pass then needs
_Static_assert(4 * ((4 * (KB + TR) + 3 * QB + TR) * WIDEST + 2 * (KB + 2 * TR) * QB + 2 * QB) <= SCRATCH_BYTES, "scratch");

// ---- tiles: c[TR][NR] (+)= sum over p < k of a(r, p) * b[p][..]; a(r, p) = a[r * lda + p] by rows, a[p * lda + r] by columns
INLINE void tile(const int byRows, const int add, u32 k, const f32 *a, size_t lda, const f32 *b, size_t ldb, f32 *c,
                 size_t ldc) {
  vf s[TR][2];
  for (int r = 0; r < TR; r++)
    for (int j = 0; j < 2; j++) s[r][j] = add ? vload(c + r * ldc + j * VW) : vsplat(0);
#pragma clang loop unroll_count(4)
  for (u32 p = 0; p < k; p++) {
    const vf w0 = vload(b), w1 = vload(b + VW);
    for (int r = 0; r < TR; r++) {
      const vf x = vsplat(byRows ? a[r * lda] : a[r]);
      s[r][0] = vfma(x, w0, s[r][0]);
      s[r][1] = vfma(x, w1, s[r][1]);
    }
    a += byRows ? 1 : lda;
    b += ldb;
  }
  for (int r = 0; r < TR; r++)
    for (int j = 0; j < 2; j++) vstore(c + r * ldc + j * VW, s[r][j]);
}
#define TILE_ARGS u32 k, const f32 *a, size_t lda, const f32 *b, size_t ldb, f32 *c, size_t ldc
static NOINLINE void tileSet(TILE_ARGS) { tile(1, 0, k, a, lda, b, ldb, c, ldc); }
static NOINLINE void tileAddRows(TILE_ARGS) { tile(1, 1, k, a, lda, b, ldb, c, ldc); }
static NOINLINE void tileAddColumns(TILE_ARGS) { tile(0, 1, k, a, lda, b, ldb, c, ldc); }

// ---- packing
typedef f32 v4 __attribute__((vector_size(16), aligned(4)));

// `count` rows of `width` floats, times scale, to out[width][QB]; columns up to a multiple of NR are filled with zeros
static void packColumns(const f32 *rows, size_t ld, u32 count, u32 width, f32 scale, f32 *out) {
  u32 i = 0;
  const v4 by = {scale, scale, scale, scale};
  for (; i + 4 <= count; i += 4) {
    const f32 *from = rows + i * ld;
    u32 p = 0;
    for (; p + 4 <= width; p += 4) {
      const v4 a = *(const v4 *)(from + p) * by, b = *(const v4 *)(from + ld + p) * by;
      const v4 c = *(const v4 *)(from + 2 * ld + p) * by, e = *(const v4 *)(from + 3 * ld + p) * by;
      const v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const v4 ce = __builtin_shufflevector(c, e, 0, 4, 1, 5), CE = __builtin_shufflevector(c, e, 2, 6, 3, 7);
      f32 *to = out + (size_t)p * QB + i;
      *(v4 *)to = __builtin_shufflevector(ab, ce, 0, 1, 4, 5);
      *(v4 *)(to + QB) = __builtin_shufflevector(ab, ce, 2, 3, 6, 7);
      *(v4 *)(to + 2 * QB) = __builtin_shufflevector(AB, CE, 0, 1, 4, 5);
      *(v4 *)(to + 3 * QB) = __builtin_shufflevector(AB, CE, 2, 3, 6, 7);
    }
    for (; p < width; p++)
      for (u32 r = 0; r < 4; r++) out[(size_t)p * QB + i + r] = from[r * ld + p] * scale;
  }
  const u32 end = (count + NR - 1) / NR * NR;
  for (u32 p = 0; p < width; p++)
    for (u32 r = i; r < end; r++) out[(size_t)p * QB + r] = r < count ? rows[r * ld + p] * scale : 0;
}

typedef struct {
  const f32 *at;
  size_t ld;
} Rows;

// Rows side by side, with zeros behind each so that tiles read whole vectors. Far-apart rows would share cache sets.
static Rows copyRows(const f32 *rows, size_t ld, u32 count, u32 width, f32 *copy) {
  const u32 padded = (width + NR - 1) / NR * NR;
  for (u32 i = 0; i < count; i++) {
    u32 p = 0;
    for (; p + VW <= width; p += VW) vstore(copy + (size_t)i * padded + p, vload(rows + i * ld + p));
    for (; p < padded; p++) copy[(size_t)i * padded + p] = p < width ? rows[i * ld + p] : 0;
  }
  return (Rows){copy, padded};
}
static Rows wholeRows(const f32 *rows, size_t ld, u32 count, u32 width, f32 *copy) {
  return width % NR == 0 ? (Rows){rows, ld} : copyRows(rows, ld, count, width, copy);
}

static void zero(f32 *p, size_t n) { // n: a multiple of VW
  for (size_t i = 0; i < n; i += VW) vstore(p + i, vsplat(0));
}

// ---- which key a query sees
// Segments: those of its own. Tree: key j says where its subtree ends, segments[j]; queries from j on and before that see it.
// Window (causal, of segments): itself and the window - 1 keys before it.
#define NO_WINDOW (1u << 30) // no sequence is so long
static u32 windowOf(u32 word) { return word > 0 && word < NO_WINDOW ? word : NO_WINDOW; }

typedef struct {
  u32 q0, queries, k0, keys; // keys: up to the last one that a query of the block may see
  const i32 *querySegments, *keySegments;
  u32 sameKeys; // leading keys of one segment
  u32 causal, tree, window;
} Block;

static u32 openTreeBlock(Block *b) {
  u32 last = 0;
  for (u32 j = 0; j < b->keys && b->k0 + j < b->q0 + b->queries; j++)
    if (b->keySegments[j] > (i32)MAX(b->q0, b->k0 + j)) last = j + 1;
  b->keys = last;
  return last > 0;
}

// 0 when nothing in the block can be seen
static u32 openBlock(Block *b) {
  if (b->tree) return openTreeBlock(b);
  i32 qmin = 0x7fffffff, qmax = -1, kmin = 0x7fffffff, kmax = -1;
  for (u32 i = 0; i < b->queries; i++) {
    const i32 s = b->querySegments[i];
    if (s < 0) continue;
    qmin = MIN(qmin, s);
    qmax = MAX(qmax, s);
  }
  u32 last = 0;
  for (u32 j = 0; j < b->keys; j++) {
    const i32 s = b->keySegments[j];
    if (s < 0) continue;
    last = j + 1;
    kmin = MIN(kmin, s);
    kmax = MAX(kmax, s);
  }
  b->keys = last;
  b->sameKeys = 0;
  while (b->sameKeys < last && b->keySegments[b->sameKeys] == b->keySegments[0]) b->sameKeys++;
  return qmax >= 0 && kmax >= 0 && qmin <= kmax && kmin <= qmax;
}

// The NR queries from `column` on: rows [0, seen) may be visible, rows [0, clear) are visible to all of them.
typedef struct {
  u32 seen, clear, tree;
  vi segment[2];          // in a tree the place
  vi first[2], index[2];  // the first and the last key of the block that window and order let it see; index: -1 of padding
} Group;

static u32 isPadding(const Block *b, u32 i) {
  return i >= b->queries || b->querySegments[i] < (b->tree ? (i32)(b->q0 + i) + 1 : 0);
}

// Leading keys whose subtrees hold the whole group
static u32 clearOfTree(const Block *b, u32 column, u32 most) {
  u32 j = 0;
  while (j < most && b->keySegments[j] >= (i32)(b->q0 + column + NR)) j++;
  return j;
}

static Group openGroup(const Block *b, u32 column) {
  Group g;
  g.tree = b->tree;
  const i32 below = (i32)(b->q0 + column) - (i32)b->k0; // keys before the group's first query
  g.seen = b->causal ? (u32)MIN((i32)b->keys, MAX(0, below + NR)) : b->keys;
  const u32 most = MIN(g.seen, b->causal ? (u32)MAX(0, below + 1) : b->keys);
  g.clear = b->tree ? clearOfTree(b, column, most) : MIN(b->sameKeys, most);
  const i32 reach = below + 1 - (i32)b->window; // first key that the group's first query sees
  if (reach + NR - 1 > 0) g.clear = 0;
  const i32 segment = b->keySegments[0];
  i32 segments[NR], first[NR], index[NR];
  for (u32 lane = 0; lane < NR; lane++) {
    const u32 i = column + lane;
    const u32 padding = isPadding(b, i);
    segments[lane] = b->tree ? (i32)(b->q0 + i) : padding ? -1 : b->querySegments[i];
    first[lane] = reach + (i32)lane;
    index[lane] = padding ? -1 : b->causal ? below + (i32)lane : 0x7fffffff;
    if (padding || (!b->tree && segments[lane] != segment)) g.clear = 0;
  }
  for (u32 v = 0; v < 2; v++) {
    g.segment[v] = *(const vi *)(segments + v * VW);
    g.first[v] = *(const vi *)(first + v * VW);
    g.index[v] = *(const vi *)(index + v * VW);
  }
  return g;
}

INLINE vi visible(const Group *g, int v, u32 j, i32 segment) {
  const i32 low = g->tree ? 0 : segment, high = g->tree ? segment - 1 : segment;
  const vi own = (g->segment[v] >= visplat(low)) & (visplat(high) >= g->segment[v]);
  return own & (g->index[v] >= visplat((i32)j)) & (visplat((i32)j) >= g->first[v]);
}

// 2^x for x <= 0 or a little above; 0 below -126.5, NaN stays NaN.
// Adding 1.5 2^23 + 127 rounds x to n and leaves n + 127, the exponent, in the low bits. The polynomial of 2^r, |r| <= 1/2,
// interpolates at Chebyshev nodes (relative error 5e-9).
INLINE vf exp2Down(vf x) {
  const vf c = vmax(vsplat(-127), x), t = c + vsplat(12583039.0f), r = c - (t - vsplat(12583039.0f));
  vf p = vsplat(0.000154531629f);
  p = vfma(p, r, vsplat(0.00133908634f));
  p = vfma(p, r, vsplat(0.00961808256f));
  p = vfma(p, r, vsplat(0.0555035711f));
  p = vfma(p, r, vsplat(0.240226508f));
  p = vfma(p, r, vsplat(0.693147188f));
  p = vfma(p, r, vsplat(1));
  return p * (vf)((vi)t << 23);
}

// Four at a time, step by step: one chain alone would leave the machine waiting.
INLINE void exp2Down4(vf x[4]) {
  vf r[4], p[4], t[4];
  for (int i = 0; i < 4; i++) {
    const vf c = vmax(vsplat(-127), x[i]);
    t[i] = c + vsplat(12583039.0f);
    r[i] = c - (t[i] - vsplat(12583039.0f));
  }
  for (int i = 0; i < 4; i++) p[i] = vfma(vsplat(0.000154531629f), r[i], vsplat(0.00133908634f));
  for (int i = 0; i < 4; i++) p[i] = vfma(p[i], r[i], vsplat(0.00961808256f));
  for (int i = 0; i < 4; i++) p[i] = vfma(p[i], r[i], vsplat(0.0555035711f));
  for (int i = 0; i < 4; i++) p[i] = vfma(p[i], r[i], vsplat(0.240226508f));
  for (int i = 0; i < 4; i++) p[i] = vfma(p[i], r[i], vsplat(0.693147188f));
  for (int i = 0; i < 4; i++) p[i] = vfma(p[i], r[i], vsplat(1));
  for (int i = 0; i < 4; i++) x[i] = p[i] * (vf)((vi)t[i] << 23);
}

// ---- s[j][i] = sum_d rows[j][d] columns[d][i] for what the groups can see; `pad` holds a last incomplete tile
static void scores(const Block *b, Rows rows, u32 width, const f32 *columns, f32 *s, f32 *pad) {
  const u32 whole = b->keys / TR * TR;
  for (u32 r = 0; r < TR && whole < b->keys; r++)
    for (u32 p = 0; p < width; p++) pad[r * width + p] = whole + r < b->keys ? rows.at[(whole + r) * rows.ld + p] : 0;
  for (u32 c = 0; c < b->queries; c += NR) {
    const i32 below = (i32)(b->q0 + c) - (i32)b->k0;
    const u32 seen = b->causal ? (u32)MIN((i32)b->keys, MAX(0, below + NR)) : b->keys;
    for (u32 j = 0; j < seen; j += TR) {
      if (j < whole) tileSet(width, rows.at + j * rows.ld, rows.ld, columns + c, QB, s + (size_t)j * QB + c, QB);
      else tileSet(width, pad, width, columns + c, QB, s + (size_t)j * QB + c, QB);
    }
  }
}

// out[i][d] += sum_j s[j][i] rows[j][d]
static void sumOverKeys(const Block *b, const f32 *s, Rows rows, u32 padded, f32 *out) {
  for (u32 i = 0; i < b->queries; i += TR) {
    const i32 below = (i32)(b->q0 + i + TR) - (i32)b->k0;
    const u32 seen = b->causal ? (u32)MIN((i32)b->keys, MAX(0, below)) : b->keys;
    if (seen > 0)
      for (u32 p = 0; p < padded; p += NR) tileAddColumns(seen, s + i, QB, rows.at + p, rows.ld, out + (size_t)i * padded + p, padded);
  }
}

// out[j][d] += sum_i s[j][i] rows[i][d]
static void sumOverQueries(const Block *b, const f32 *s, Rows rows, u32 padded, f32 *out) {
  for (u32 j = 0; j < b->keys; j += TR) {
    const u32 first = b->causal ? (u32)MAX(0, (i32)(b->k0 + j) - (i32)b->q0) : 0;
    if (first < b->queries)
      for (u32 p = 0; p < padded; p += NR)
        tileAddRows(b->queries - first, s + (size_t)j * QB + first, QB, rows.at + first * rows.ld + p, rows.ld,
                    out + (size_t)j * padded + p, padded);
  }
}

// ---- forward
// Each pass is a function of its own with few registers live; a masked store would be slow, so masks are made twice.
static NOINLINE void raiseMaximum(const f32 *s, const i32 *keySegments, const Group *g, f32 *m) {
  vf top0 = vload(m), top1 = vload(m + VW);
  for (u32 j = 0; j < g->clear; j++) {
    top0 = vmax(vload(s + (size_t)j * QB), top0);
    top1 = vmax(vload(s + (size_t)j * QB + VW), top1);
  }
  const Group own = *g; // no store can change it
  for (u32 j = g->clear; j < g->seen; j++) {
    const vi see0 = visible(&own, 0, j, keySegments[j]), see1 = visible(&own, 1, j, keySegments[j]);
    top0 = vmax(vselect(see0, vload(s + (size_t)j * QB), vsplat(HIDDEN)), top0);
    top1 = vmax(vselect(see1, vload(s + (size_t)j * QB + VW), vsplat(HIDDEN)), top1);
  }
  vstore(m, top0);
  vstore(m + VW, top1);
}

// s -> 2^(s - m), 0 where hidden; l += its sum
static NOINLINE void exponentials(f32 *s, const i32 *keySegments, const Group *g, const f32 *m, f32 *l) {
  const vf top0 = vload(m), top1 = vload(m + VW);
  const u32 clear = g->clear, seen = g->seen;
  vf l0 = vload(l), l1 = vload(l + VW);
  u32 j = 0;
  for (; j + 2 <= clear; j += 2) {
    f32 *at = s + (size_t)j * QB, *next = at + QB;
    vf x[4] = {vload(at) - top0, vload(at + VW) - top1, vload(next) - top0, vload(next + VW) - top1};
    exp2Down4(x);
    l0 += x[0] + x[2];
    l1 += x[1] + x[3];
    vstore(at, x[0]);
    vstore(at + VW, x[1]);
    vstore(next, x[2]);
    vstore(next + VW, x[3]);
  }
  for (; j < clear; j++) {
    f32 *at = s + (size_t)j * QB;
    const vf a = exp2Down(vload(at) - top0), c = exp2Down(vload(at + VW) - top1);
    l0 += a;
    l1 += c;
    vstore(at, a);
    vstore(at + VW, c);
  }
  const Group own = *g; // no store can change it
  for (j = clear; j < seen; j++) {
    f32 *at = s + (size_t)j * QB;
    const i32 segment = keySegments[j];
    const vf a = vselect(visible(&own, 0, j, segment), exp2Down(vload(at) - top0), vsplat(0));
    const vf c = vselect(visible(&own, 1, j, segment), exp2Down(vload(at + VW) - top1), vsplat(0));
    l0 += a;
    l1 += c;
    vstore(at, a);
    vstore(at + VW, c);
  }
  vstore(l, l0);
  vstore(l + VW, l1);
}

// Tiles of queries reach over a group's last visible key.
static void zeroBehind(const Group *g, f32 *s) {
  for (u32 j = g->seen; j < g->seen + TR; j++) {
    vstore(s + (size_t)j * QB, vsplat(0));
    vstore(s + (size_t)j * QB + VW, vsplat(0));
  }
}

// s -> p for one group of queries; m, l, correction: of these queries
static void softmaxGroup(const Block *b, const Group *g, f32 *s, f32 *m, f32 *l, f32 *correction) {
  const vf m0 = vload(m), m1 = vload(m + VW);
  raiseMaximum(s, b->keySegments, g, m);
  const vf c0 = exp2Down(m0 - vload(m)), c1 = exp2Down(m1 - vload(m + VW));
  vstore(correction, c0);
  vstore(correction + VW, c1);
  vstore(l, vload(l) * c0);
  vstore(l + VW, vload(l + VW) * c1);
  exponentials(s, b->keySegments, g, m, l);
  zeroBehind(g, s);
}

typedef struct {
  const f32 *q, *k, *v;
  f32 *y, *logsumexp;
  const i32 *segments; // of the sequence
  u32 time, width;
  size_t ldq, ldk;
  f32 scale;
  u32 causal, tree, window;
} Head;

static void forwardBlock(const Head *h, u32 q0, f32 *scratch) {
  const u32 width = h->width, padded = (width + NR - 1) / NR * NR, queries = MIN(QB, h->time - q0);
  f32 *columns = scratch, *s = columns + (size_t)width * QB, *out = s + (KB + 2 * TR) * QB;
  f32 *m = out + (size_t)QB * padded, *l = m + QB, *correction = l + QB, *pad = correction + QB, *copy = pad + TR * width;
  packColumns(h->q + q0 * h->ldq, h->ldq, queries, width, h->scale * LOG2E, columns);
  zero(out, (size_t)QB * padded);
  for (u32 i = 0; i < QB; i++) {
    m[i] = HIDDEN;
    l[i] = 0;
  }
  const u32 end = h->causal ? q0 + queries : h->time;
  u32 first = 1;
  for (u32 k0 = q0 + 1 > h->window ? q0 + 1 - h->window : 0; k0 < end; k0 += KB) {
    Block b = {q0, queries, k0, MIN(KB, end - k0), h->segments + q0, h->segments + k0, 0, h->causal, h->tree, h->window};
    if (!openBlock(&b)) continue;
    scores(&b, (Rows){h->k + k0 * h->ldk, h->ldk}, width, columns, s, pad);
    for (u32 c = 0; c < queries; c += NR) {
      const Group g = openGroup(&b, c);
      softmaxGroup(&b, &g, s + c, m + c, l + c, correction + c);
    }
    for (u32 i = 0; i < queries && !first; i++)
      for (u32 p = 0; p < padded; p += VW) {
        f32 *at = out + (size_t)i * padded + p;
        vstore(at, vload(at) * vsplat(correction[i]));
      }
    first = 0;
    sumOverKeys(&b, s, wholeRows(h->v + k0 * h->ldk, h->ldk, b.keys, width, copy), padded, out);
  }
  for (u32 i = 0; i < queries; i++) {
    const u32 real = h->segments[q0 + i] > (h->tree ? (i32)(q0 + i) : -1);
    const vf by = vsplat(real ? 1.0f / l[i] : 0);
    f32 *y = h->y + (q0 + i) * h->ldq;
    for (u32 p = 0; p < width; p += VW) {
      const vf value = vload(out + (size_t)i * padded + p) * by;
      if (p + VW <= width) vstore(y + p, value);
      else vstoren(y + p, value, width - p);
    }
    h->logsumexp[q0 + i] = real ? m[i] + slog(l[i]) * LOG2E : 0;
  }
}

KERNEL(attention) {
  const u32 time = d->time, heads = d->heads, own = d->kvHeads, width = d->width, parts = (time + d->queriesPerChunk - 1) / d->queriesPerChunk;
  const u32 part = chunk % parts, head = chunk / parts % heads, batch = chunk / parts / heads;
  const size_t ldq = (size_t)heads * width, ldk = (size_t)own * width;
  const size_t atq = batch * time * ldq + (size_t)head * width;
  const size_t atk = batch * time * ldk + (size_t)(head / (heads / own)) * width;
  const Head h = {F32(d->q) + atq, F32(d->k) + atk, F32(d->v) + atk, F32(d->y) + atq, F32(d->logsumexp) + ((size_t)batch * heads + head) * time,
                  I32(d->segmentIds) + (size_t)batch * time, time, width, ldq, ldk, d->scale, d->causal, d->tree, windowOf(d->window)};
  for (u32 q0 = part * d->queriesPerChunk; q0 < MIN(time, (part + 1) * d->queriesPerChunk); q0 += QB) forwardBlock(&h, q0, (f32 *)scratch);
}

// ---- backward
// s -> p, dp -> ds for one group of queries
static NOINLINE void gradientGroup(const i32 *keySegments, const Group *g, f32 *s, f32 *dp, const f32 *logsumexp,
                                   const f32 *delta) {
  const vf e0 = vload(logsumexp), e1 = vload(logsumexp + VW), t0 = vload(delta), t1 = vload(delta + VW);
  const u32 clear = g->clear, seen = g->seen;
  u32 j = 0;
  for (; j + 2 <= clear; j += 2) {
    f32 *at = s + (size_t)j * QB, *to = dp + (size_t)j * QB;
    vf x[4] = {vload(at) - e0, vload(at + VW) - e1, vload(at + QB) - e0, vload(at + QB + VW) - e1};
    exp2Down4(x);
    for (int row = 0; row < 2; row++) {
      vstore(at + row * QB, x[2 * row]);
      vstore(at + row * QB + VW, x[2 * row + 1]);
      vstore(to + row * QB, x[2 * row] * (vload(to + row * QB) - t0));
      vstore(to + row * QB + VW, x[2 * row + 1] * (vload(to + row * QB + VW) - t1));
    }
  }
  for (; j < clear; j++) {
    f32 *at = s + (size_t)j * QB, *to = dp + (size_t)j * QB;
    const vf a = exp2Down(vload(at) - e0), c = exp2Down(vload(at + VW) - e1);
    vstore(at, a);
    vstore(at + VW, c);
    vstore(to, a * (vload(to) - t0));
    vstore(to + VW, c * (vload(to + VW) - t1));
  }
  const Group own = *g; // no store can change it
  for (j = clear; j < seen; j++) {
    f32 *at = s + (size_t)j * QB, *to = dp + (size_t)j * QB;
    const i32 segment = keySegments[j];
    const vi see0 = visible(&own, 0, j, segment), see1 = visible(&own, 1, j, segment);
    const vf a = vselect(see0, exp2Down(vload(at) - e0), vsplat(0)), c = vselect(see1, exp2Down(vload(at + VW) - e1), vsplat(0));
    vstore(at, a);
    vstore(at + VW, c);
    vstore(to, vselect(see0, a * (vload(to) - t0), vsplat(0)));
    vstore(to + VW, vselect(see1, c * (vload(to + VW) - t1), vsplat(0)));
  }
  zeroBehind(g, s);
  zeroBehind(g, dp);
}

static f32 dot(const f32 *a, const f32 *b, u32 n) {
  vf sum = vsplat(0);
  for (u32 i = 0; i < n; i += VW)
    sum = i + VW <= n ? vfma(vload(a + i), vload(b + i), sum) : vfma(vloadn(a + i, n - i), vloadn(b + i, n - i), sum);
  return vsum(sum);
}

// to[i] (+)= from[i] * scale for rows of `width` floats
static void storeRows(const f32 *from, u32 padded, u32 count, u32 width, f32 scale, f32 *to, size_t ld, int add) {
  const vf by = vsplat(scale);
  for (u32 i = 0; i < count; i++)
    for (u32 p = 0; p < width; p += VW) {
      const u32 n = MIN(VW, width - p);
      f32 *at = to + i * ld + p;
      const vf value = vload(from + (size_t)i * padded + p) * by;
      if (n == VW) vstore(at, add ? vload(at) + value : value);
      else vstoren(at, add ? vloadn(at, n) + value : value, n);
    }
}

typedef struct {
  const f32 *dy;
  f32 *dq;            // 0: not wanted
  f32 *dkSum, *dvSum; // of the key block, [KB + TR][padded]
} Gradients;

static void backwardBlock(const Head *h, const Gradients *to, u32 q0, u32 k0, Rows k, Rows v, f32 *scratch) {
  const u32 width = h->width, padded = (width + NR - 1) / NR * NR, queries = MIN(QB, h->time - q0);
  Block b = {q0, queries, k0, MIN(KB, h->time - k0), h->segments + q0, h->segments + k0, 0, h->causal, h->tree, h->window};
  if (!openBlock(&b)) return;
  f32 *columns = scratch, *s = columns + (size_t)width * QB, *dp = s + (KB + 2 * TR) * QB, *out = dp + (KB + 2 * TR) * QB;
  f32 *logsumexp = out + (size_t)QB * padded, *delta = logsumexp + QB, *pad = delta + QB, *copy = pad + TR * width;
  const f32 *q = h->q + q0 * h->ldq, *dy = to->dy + q0 * h->ldq, *y = h->y + q0 * h->ldq;
  for (u32 i = 0; i < QB; i++) {
    logsumexp[i] = i < queries ? h->logsumexp[q0 + i] : 0;
    delta[i] = i < queries ? dot(dy + i * h->ldq, y + i * h->ldq, width) : 0;
  }
  packColumns(q, h->ldq, queries, width, h->scale * LOG2E, columns);
  scores(&b, k, width, columns, s, pad);
  packColumns(dy, h->ldq, queries, width, 1, columns);
  scores(&b, v, width, columns, dp, pad);
  for (u32 c = 0; c < queries; c += NR) {
    const Group g = openGroup(&b, c);
    gradientGroup(b.keySegments, &g, s + c, dp + c, logsumexp + c, delta + c);
  }
  if (to->dvSum) sumOverQueries(&b, s, copyRows(dy, h->ldq, queries, width, copy), padded, to->dvSum);
  if (to->dkSum) sumOverQueries(&b, dp, copyRows(q, h->ldq, queries, width, copy), padded, to->dkSum);
  if (!to->dq) return;
  zero(out, (size_t)QB * padded);
  sumOverKeys(&b, dp, k, padded, out);
  storeRows(out, padded, queries, width, h->scale, to->dq + q0 * h->ldq, h->ldq, 1);
}

// A chunk owns one key/value head of one sequence, with its query heads.
KERNEL(attentionGradient) {
  const u32 time = d->time, heads = d->heads, own = d->kvHeads, width = d->width, group = heads / own;
  const u32 head = chunk % own, batch = chunk / own, padded = (width + NR - 1) / NR * NR;
  const size_t ldq = (size_t)heads * width, ldk = (size_t)own * width;
  const size_t atk = batch * time * ldk + (size_t)head * width;
  const size_t sum = (size_t)(KB + TR) * padded;
  f32 *dkSum = d->dk ? (f32 *)scratch : 0, *dvSum = d->dv ? (f32 *)scratch + sum : 0, *copies = (f32 *)scratch + 2 * sum;
  if (d->dq)
    for (u32 t = 0; t < time; t++) {
      f32 *row = F32(d->dq) + (batch * time + t) * ldq + (size_t)head * group * width;
      for (u32 i = 0; i < group * width; i++) row[i] = 0;
    }
  for (u32 k0 = 0; k0 < time; k0 += KB) {
    zero((f32 *)scratch, 2 * sum);
    const u32 keys = MIN(KB, time - k0);
    const Rows k = copyRows(F32(d->k) + atk + k0 * ldk, ldk, keys, width, copies);
    const Rows v = copyRows(F32(d->v) + atk + k0 * ldk, ldk, keys, width, copies + sum);
    for (u32 member = 0; member < group; member++) {
      const u32 query = head * group + member;
      const size_t atq = batch * time * ldq + (size_t)query * width;
      const Head h = {F32(d->q) + atq, F32(d->k) + atk, F32(d->v) + atk, F32(d->y) + atq, F32(d->logsumexp) + ((size_t)batch * heads + query) * time,
                      I32(d->segmentIds) + (size_t)batch * time, time, width, ldq, ldk, d->scale, d->causal, d->tree, windowOf(d->window)};
      const Gradients to = {F32(d->dy) + atq, d->dq ? F32(d->dq) + atq : 0, dkSum, dvSum};
      const u32 end = MIN(time, k0 + keys - 1 + h.window); // behind the last query that sees one of them
      for (u32 q0 = d->causal ? k0 / QB * QB : 0; q0 < end; q0 += QB) backwardBlock(&h, &to, q0, k0, k, v, copies + 2 * sum);
    }
    if (dkSum) storeRows(dkSum, padded, keys, width, d->scale, F32(d->dk) + atk + k0 * ldk, ldk, 0);
    if (dvSum) storeRows(dvSum, padded, keys, width, 1, F32(d->dv) + atk + k0 * ldk, ldk, 0);
  }
}
