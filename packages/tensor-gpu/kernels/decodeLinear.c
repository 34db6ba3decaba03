// Products of a decode step, y[r, :] = x[r, :] W^T, with frozen or trained weights W[N][K] read where they lie, in their own
// type, in f32 arithmetic.
//
// Lane l of a vector sums k = l, l + VW, ... in one chain of multiply-adds; the lanes join in a fixed tree. That order does
// not depend on the number of rows: a row gives the same bits alone and in any batch. Two paths share it:
//   few rows  : every weight is widened in registers and used once per row; memory is the limit, so it is asked for ahead
//   many rows : GROUP columns are widened into a panel in the first-level cache (or are there as they lie), all rows pass over it
// The number of live rows is read from the heap, so a recorded program serves a shrinking batch.
#include "decode.h"
#include "stored.h"

#if defined(__wasm__)
#define UNROLL _Pragma("clang loop unroll(disable)")
#define MR 2 // V8 keeps 2 x 4 sums in registers
#else
#define UNROLL _Pragma("clang loop unroll_count(2)")
#if VW == 8
#define MR 3
#elif VW == 16
#define MR 4 // whose 16 vectors join into one
#else // 32 registers
#define MR 6
#endif
#endif
#define FULLY _Pragma("clang loop unroll(full)")
#define QUAD 4     // columns of a tile
#define GROUP 16   // columns of a unit of work (DECODE_UNIT in decodeProducts.ts)
#define WHOLE_K 512 // a K that is widened at once: then no sum leaves its register; a panel of GROUP columns fits the first-level cache
#define PART_K 320 // of a longer one at most, in equal parts
#define ROWS 96    // rows of a block, a multiple of every MR
#define STRIPE ((size_t)ROWS * QUAD * VW) // floats of the sums of a block's rows for QUAD columns
#define FEW 3      // rows that share a weight in registers
#define FEW_FLOATS 8 // rows that are computed without a panel: floats are widened for nothing,
#define FEW_BLOCKS 3 // blocks are not
#define AHEAD (2 * QUAD) // rows of weights that memory is asked for ahead

// c[i][j] += x[i][0..k) * W(p, j), lane by lane
#define ADD_PRODUCTS(M, W)                                                                                 \
    UNROLL for (u32 p = 0; p < k; p += VW) {                                                            \
      vf a[M];                                                                                          \
      for (int i = 0; i < M; i++) a[i] = vload(x + (size_t)i * ldx + p);                                \
      for (int j = 0; j < QUAD; j++) {                                                                  \
        vf w = vload(W);                                                \
        for (int i = 0; i < M; i++) c[i][j] = vfma(a[i], w, c[i][j]);                                   \
      }                                                                                                 \
    }
#define IN_PANEL panel + (size_t)p * QUAD + j * VW

// Where the sums of a tile's rows go.
typedef struct {
  f32 *to; // row r begins at to + r * ld
  size_t ld;
  u32 add; // to what is there
} Sums;

// Sums of the lanes of four vectors.
typedef f32 v4 __attribute__((vector_size(16), aligned(4)));
INLINE v4 join(vf v) {
#if VW == 16
  typedef f32 v8 __attribute__((vector_size(32), aligned(4)));
  v8 h = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  return __builtin_shufflevector(h, h, 0, 1, 2, 3) + __builtin_shufflevector(h, h, 4, 5, 6, 7);
#elif VW == 8
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
  return v;
#endif
}
INLINE v4 join4(vf s0, vf s1, vf s2, vf s3) {
  v4 a = join(s0), b = join(s1), c = join(s2), d = join(s3);
  v4 t = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
  v4 u = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
  return __builtin_shufflevector(t, u, 0, 1, 4, 5) + __builtin_shufflevector(t, u, 2, 3, 6, 7);
}

#if defined(__wasm__)
// acc[i][j][VW] (+)= x[i][0..k) * panel[..][j][VW], i < M, j < QUAD; k a multiple of VW. No branch after the sums: V8 would spill them.
#define TILE(M)                                                                                         \
  static NOINLINE void tile##M(const f32 *x, size_t ldx, const f32 *panel, u32 k, f32 *acc, u32 first) { \
    vf c[M][QUAD];                                                                                      \
    if (first) {                                                                                        \
      for (int i = 0; i < M; i++)                                                                       \
        for (int j = 0; j < QUAD; j++) c[i][j] = vsplat(0);                                             \
    } else {                                                                                            \
      for (int i = 0; i < M; i++)                                                                       \
        for (int j = 0; j < QUAD; j++) c[i][j] = vload(acc + (i * QUAD + j) * VW);                      \
    }                                                                                                   \
    ADD_PRODUCTS(M, IN_PANEL)                                                                           \
    for (int i = 0; i < M; i++)                                                                         \
      for (int j = 0; j < QUAD; j++) vstore(acc + (i * QUAD + j) * VW, c[i][j]);                        \
  }
typedef void (*Tile)(const f32 *x, size_t ldx, const f32 *panel, u32 k, f32 *acc, u32 first);
#else
INLINE void put(f32 *to, v4 s, u32 add) { *(v4 *)to = add ? *(const v4 *)to + s : s; }
#if VW == 8
// join4 of four vectors, but for the last addition
INLINE vf quarters(const vf *c) {
  vf p = __builtin_shufflevector(c[0], c[2], 0, 1, 2, 3, 12, 13, 14, 15) + __builtin_shufflevector(c[0], c[2], 4, 5, 6, 7, 8, 9, 10, 11);
  vf q = __builtin_shufflevector(c[1], c[3], 0, 1, 2, 3, 12, 13, 14, 15) + __builtin_shufflevector(c[1], c[3], 4, 5, 6, 7, 8, 9, 10, 11);
  return __builtin_shufflevector(p, q, 0, 8, 1, 9, 4, 12, 5, 13) + __builtin_shufflevector(p, q, 2, 10, 3, 11, 6, 14, 7, 15);
}
// The lanes of two rows at a time, in the same tree as join4.
INLINE void joinRows(const int M, vf (*c)[QUAD], f32 *to, size_t ld, u32 add) {
  for (int i = 0; i < M; i += 2) {
    const int other = i + 1 < M ? i + 1 : i;
    vf t = quarters(c[i]), u = other == i ? t : quarters(c[other]);
    vf s = __builtin_shufflevector(t, u, 0, 1, 8, 9, 4, 5, 12, 13) + __builtin_shufflevector(t, u, 2, 3, 10, 11, 6, 7, 14, 15);
    s = __builtin_shufflevector(s, s, 0, 1, 4, 5, 2, 3, 6, 7);
    put(to + i * ld, __builtin_shufflevector(s, s, 0, 1, 2, 3), add);
    if (other != i) put(to + other * ld, __builtin_shufflevector(s, s, 4, 5, 6, 7), add);
  }
}
#else
#if VW == 16
// The lanes of four rows at a time, in the same tree as join4: a quarter of the result for each row.
INLINE void joinFour(vf (*c)[QUAD], f32 *to, size_t ld, u32 add) {
  vf q[QUAD];
  for (int j = 0; j < QUAD; j++) {
    vf h[2];
    for (int i = 0; i < 2; i++) {
      vf a = c[2 * i][j], b = c[2 * i + 1][j];
      h[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
             __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    }
    q[j] = __builtin_shufflevector(h[0], h[1], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
           __builtin_shufflevector(h[0], h[1], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  }
  vf t[2];
  for (int j = 0; j < 2; j++)
    t[j] = __builtin_shufflevector(q[2 * j], q[2 * j + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29) +
           __builtin_shufflevector(q[2 * j], q[2 * j + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  vf s = __builtin_shufflevector(t[0], t[1], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
         __builtin_shufflevector(t[0], t[1], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  put(to, __builtin_shufflevector(s, s, 0, 1, 2, 3), add);
  put(to + ld, __builtin_shufflevector(s, s, 4, 5, 6, 7), add);
  put(to + 2 * ld, __builtin_shufflevector(s, s, 8, 9, 10, 11), add);
  put(to + 3 * ld, __builtin_shufflevector(s, s, 12, 13, 14, 15), add);
}
#endif
INLINE void joinRows(const int M, vf (*c)[QUAD], f32 *to, size_t ld, u32 add) {
#if VW == 16
  if (M == 4) {
    joinFour(c, to, ld, add);
    return;
  }
#endif
  for (int i = 0; i < M; i++) put(to + i * ld, join4(c[i][0], c[i][1], c[i][2], c[i][3]), add);
}
#endif
// acc[q][i][j][VW] (+)= x[i][0..k) * panel[q][..][j][VW], i < M, j < QUAD, q < quads; k a multiple of VW. The last of K
// joins its lanes in registers. Plain: the columns are rows of the matrix itself.
INLINE void addTile(const int M, const int first, const int last, const int plain, const f32 *x, size_t ldx, const f32 *panel, size_t pitch, u32 k, u32 quads,
                    f32 *acc, f32 *to, size_t ld, u32 add) {
  for (u32 q = 0; q < quads; q++, panel += pitch, acc += STRIPE, to += QUAD) {
    vf c[MR][QUAD];
    for (int i = 0; i < M; i++)
      for (int j = 0; j < QUAD; j++) c[i][j] = first ? vsplat(0) : vload(acc + (i * QUAD + j) * VW);
    if (plain) {
      ADD_PRODUCTS(M, panel + j * (pitch / QUAD) + p)
    } else {
      ADD_PRODUCTS(M, IN_PANEL)
    }
    if (last) joinRows(M, c, to, ld, add);
    else
      for (int i = 0; i < M; i++)
        for (int j = 0; j < QUAD; j++) vstore(acc + (i * QUAD + j) * VW, c[i][j]);
  }
}
#define PLACED_TILE(M, name, first, last, plain)                                                                 \
  static NOINLINE void name##M(const f32 *x, size_t ldx, const f32 *panel, size_t pitch, u32 k, u32 quads, f32 *acc, f32 *to, size_t ld, u32 add) { \
    addTile(M, first, last, plain, x, ldx, panel, pitch, k, quads, acc, to, ld, add);                              \
  }
#define TILE(M)                                                                                         \
  PLACED_TILE(M, inPlace, 1, 1, 1) PLACED_TILE(M, only, 1, 1, 0) PLACED_TILE(M, first, 1, 0, 0) PLACED_TILE(M, inner, 0, 0, 0) PLACED_TILE(M, last, 0, 1, 0)
typedef void (*Tile)(const f32 *x, size_t ldx, const f32 *panel, size_t pitch, u32 k, u32 quads, f32 *acc, f32 *to, size_t ld, u32 add);
#endif
TILE(1) TILE(2)
#if MR >= 3
TILE(3)
#endif
#if MR >= 4
TILE(4)
#endif
#if MR >= 6
TILE(5) TILE(6)
#endif
#if MR >= 6
#define TILES(name) {name##1, name##2, name##3, name##4, name##5, name##6}
#elif MR >= 4
#define TILES(name) {name##1, name##2, name##3, name##4}
#elif MR >= 3
#define TILES(name) {name##1, name##2, name##3}
#else
#define TILES(name) {name##1, name##2}
#endif
#if defined(__wasm__)
static const Tile tiles[MR] = TILES(tile);
#else
static const Tile tiles[2][2][MR] = {{TILES(inner), TILES(last)}, {TILES(first), TILES(only)}}; // [the first of K][the last]
static const Tile plainTiles[MR] = TILES(inPlace);
#endif

// Rows of the next tile: the last two share what is left.
INLINE u32 tileRows(u32 left) {
  if (left <= MR) return left;
  return left < 2 * MR ? (left + 1) / 2 : MR;
}

// A matrix of a product that may have several.
typedef struct {
  u32 type;           // of W: how it is stored
  address matrix;
  u32 width, columns; // K, N
  u32 y;              // its first column in a row of y
  u32 b, rank, t;     // LoRA adds scale (t B^T): offset of B[N][rank] (0: none), first column of t = x A^T
  f32 scale;
  u32 lengths;        // DoRA multiplies column n by the n-th of these floats (0: none)
} Part;

#if defined(__AVX2__) && VW == 8
// Widening instructions cross the halves of a register, which is slow: a broadcast costs nothing while loading, and then a
// shuffle within the halves puts 8 small elements where the exponent wants them.
typedef char v32 __attribute__((vector_size(32)));
typedef long long v4q __attribute__((vector_size(32)));
typedef struct {
  v32 half, byte; // 16-bit elements to the upper half of each lane; bytes to bits 16 to 23
} Masks;
INLINE Masks masksOf(const u32 type) {
  Masks m;
  for (int l = 0; l < 8; l++)
    for (int i = 0; i < 4; i++) {
      m.half[4 * l + i] = (char)(i < 2 ? -128 : 2 * l % 16 + i - 2);
      m.byte[4 * l + i] = (char)(type == STORED_Q8_0 ? i < 3 ? -128 : l : i != 2 ? -128 : l);
    }
  __asm__("" : "+x"(m.half), "+x"(m.byte)); // else the compiler makes widening instructions of it again
  return m;
}
INLINE v32 broadcast8(const u8 *p) {
  long long q;
  __builtin_memcpy(&q, p, 8);
  return (v32)(v4q){q, q, q, q};
}
INLINE v32 broadcast16(const u8 *p) {
  long long q[2];
  __builtin_memcpy(q, p, 16);
  return (v32)(v4q){q[0], q[1], q[0], q[1]};
}
// an f16 in every lane
INLINE vf half(const u8 *p) {
  const u16 h = *(const u16a *)p;
  return vwidenF16((v_u16){h, h, h, h, h, h, h, h});
}
INLINE vf vfloat(vi bits) { return __builtin_convertvector(bits, vf); }
// the BLOCK elements at w: the same values as vstored() gives
INLINE void widenBlock(const u32 type, const u8 *w, const Masks *m, vf *to) {
  if (type == STORED_BF16)
    for (int v = 0; v < 4; v++) to[v] = (vf)__builtin_ia32_pshufb256(broadcast16(w + 16 * v), m->half);
  else if (type <= STORED_F16)
    for (int v = 0; v < 4; v++) to[v] = vstored(type, w, v * VW);
  else {
    const vf scale = half(w);
    if (type == STORED_Q8_0) {
      const vf by = scale * vsplat(0x1p-24f);
      for (int v = 0; v < 4; v++) to[v] = by * vfloat((vi)__builtin_ia32_pshufb256(broadcast8(w + 2 + 8 * v), m->byte));
      return;
    }
    // scale n + least, and the product is exact
    const vf least = type == STORED_Q4_0 ? scale * vsplat(-8) : half(w + 2), low = scale * vsplat(0x1p-16f), high = scale * vsplat(0x1p-20f);
    for (int v = 0; v < 2; v++) {
      const vi bits = (vi)__builtin_ia32_pshufb256(broadcast8(w + (type == STORED_Q4_0 ? 2 : 4) + 8 * v), m->byte);
      to[v] = vfma(vfloat(bits & visplat(0x0f0000)), low, least);
      to[v + 2] = vfma(vfloat(bits & visplat(0xf00000)), high, least);
    }
  }
}
#else
typedef u32 Masks;
INLINE Masks masksOf(const u32 type) { return type; }
// the BLOCK elements at w
INLINE void widenBlock(const u32 type, const u8 *w, const Masks *m, vf *to) {
  (void)m;
  for (u32 v = 0; v < BLOCK / VW; v++) to[v] = vstored(type, w, v * VW);
}
#endif

// sums[i][j] = x[i][0..K) . w[j], i < M, j < QUAD, w[j] = w + j * ldw; the thread reads on to `end`. One function per type and
// number of rows
INLINE void fewRows(const int M, const u32 type, const f32 *x, size_t ldx, const u8 *w, size_t ldw, const u8 *end, u32 K, f32 *sums) {
  vf c[FEW][QUAD];
  for (int i = 0; i < M; i++)
    for (int j = 0; j < QUAD; j++) c[i][j] = vsplat(0);
  const u32 step = (u32)storedBytes(type, BLOCK);
  const Masks masks = masksOf(type);
  u32 p = 0;
  const u8 *next = w + AHEAD * ldw, *ask = next < end ? next : w; // one piece after the other, as they lie: with a stream for each column memory gives a quarter less
  for (; p + BLOCK <= K; p += BLOCK, w += step, ask += QUAD * step) {
    FULLY for (int j = 0; j < QUAD; j++) {
      vf value[BLOCK / VW];
      prefetch(ask + j * step, step);
      widenBlock(type, w + j * ldw, &masks, value);
      for (int v = 0; v < BLOCK / VW; v++)
        for (int i = 0; i < M; i++) c[i][j] = vfma(vload(x + i * ldx + p + v * VW), value[v], c[i][j]);
    }
  }
  if (type <= STORED_F16) { // the others are made of whole blocks
    u32 v = 0;
    for (; p + v + VW <= K; v += VW)
      for (int j = 0; j < QUAD; j++) {
        const vf value = vstored(type, w + j * ldw, v);
        for (int i = 0; i < M; i++) c[i][j] = vfma(vload(x + i * ldx + p + v), value, c[i][j]);
      }
    if (p + v < K) {
      f32 tail[VW];
      for (int j = 0; j < QUAD; j++) {
        vstore(tail, vsplat(0));
        for (u32 l = 0; p + v + l < K; l++) tail[l] = stored(type, w + j * ldw, v + l);
        for (int i = 0; i < M; i++) c[i][j] = vfma(vloadn(x + i * ldx + p + v, K - p - v), vload(tail), c[i][j]);
      }
    }
  }
  for (int i = 0; i < M; i++) *(v4 *)(sums + i * GROUP) = join4(c[i][0], c[i][1], c[i][2], c[i][3]);
}
#define FEW_ROWS(M, name, type)                                                                             \
  static NOINLINE void few##name##M(const f32 *x, size_t ldx, const u8 *w, size_t ldw, const u8 *end, u32 K, f32 *sums) { \
    fewRows(M, type, x, ldx, w, ldw, end, K, sums);                                                           \
  }
#define FEW_OF(name, type) FEW_ROWS(1, name, type) FEW_ROWS(2, name, type) FEW_ROWS(3, name, type)
FEW_OF(F32, STORED_F32) FEW_OF(Bf16, STORED_BF16) FEW_OF(F16, STORED_F16)
FEW_OF(Q8, STORED_Q8_0) FEW_OF(Q4, STORED_Q4_0) FEW_OF(Q41, STORED_Q4_1)

typedef void (*Few)(const f32 *x, size_t ldx, const u8 *w, size_t ldw, const u8 *end, u32 K, f32 *sums);
static const Few few[STORED_TYPES][FEW] = {
    {fewF321, fewF322, fewF323}, {fewBf161, fewBf162, fewBf163}, {fewF161, fewF162, fewF163},
    {fewQ81, fewQ82, fewQ83},    {fewQ41, fewQ42, fewQ43},       {fewQ411, fewQ412, fewQ413},
};

// elements [p, p + k) of `count` rows -> panel[QUAD of columns][k / VW][QUAD][VW], the last vector filled up with zeros
INLINE void widenGroup(const u32 type, const u8 *w, size_t ldw, u32 count, u32 p, u32 k, f32 *panel) {
  const u32 padded = (k + VW - 1) / VW * VW;
  const Masks masks = masksOf(type);
  for (u32 n = 0; n < count; n++) {
    f32 *to = panel + (size_t)(n / QUAD) * QUAD * padded + n % QUAD * VW;
    const u8 *row = w + n * ldw + storedBytes(type, p);
    u32 e = 0;
    for (; e + BLOCK <= k; e += BLOCK, row += storedBytes(type, BLOCK)) {
      vf value[BLOCK / VW];
      widenBlock(type, row, &masks, value);
      for (u32 v = 0; v < BLOCK / VW; v++) vstore(to + (size_t)(e + v * VW) * QUAD, value[v]);
    }
    if (type > STORED_F16) continue;
    u32 v = 0;
    for (; e + v + VW <= k; v += VW) vstore(to + (size_t)(e + v) * QUAD, vstored(type, row, v));
    if (e + v == k) continue;
    vstore(to + (size_t)(e + v) * QUAD, vsplat(0));
    for (u32 l = 0; e + v + l < k; l++) to[(size_t)(e + v) * QUAD + l] = stored(type, row, v + l);
  }
  for (u32 n = count; n % QUAD; n++) // columns that are not there
    for (u32 v = 0; v < padded; v += VW) vstore(panel + (size_t)(n / QUAD) * QUAD * padded + n % QUAD * VW + v * QUAD, vsplat(0));
}
#define WIDEN_GROUP(name, type)                                                                          \
  static NOINLINE void panel##name(const u8 *w, size_t ldw, u32 count, u32 p, u32 k, f32 *panel) {          \
    widenGroup(type, w, ldw, count, p, k, panel);                                                          \
  }
WIDEN_GROUP(F32, STORED_F32) WIDEN_GROUP(Bf16, STORED_BF16) WIDEN_GROUP(F16, STORED_F16)
WIDEN_GROUP(Q8, STORED_Q8_0) WIDEN_GROUP(Q4, STORED_Q4_0) WIDEN_GROUP(Q41, STORED_Q4_1)
typedef void (*Panel)(const u8 *w, size_t ldw, u32 count, u32 p, u32 k, f32 *panel);
static const Panel panels[STORED_TYPES] = {panelF32, panelBf16, panelF16, panelQ8, panelQ4, panelQ41};

// Working memory of a chunk, in its scratch.
typedef struct {
  f32 panel[GROUP * WHOLE_K];
  f32 acc[ROWS * GROUP * VW]; // [QUAD of columns][row][QUAD][VW]
  f32 tail[ROWS * VW];        // the last columns of x, where K ends within a vector
  f32 sums[2][ROWS * GROUP];
  f32 single[FEW_FLOATS * GROUP];
} Work;

// Elements of K that are widened at a time: whole blocks.
INLINE u32 partOf(u32 K) {
  if (K <= WHOLE_K) return K;
  const u32 parts = (K + PART_K - 1) / PART_K;
  return ((K + parts - 1) / parts + BLOCK - 1) / BLOCK * BLOCK;
}

// Floats are read where they lie if all of K is one part: a panel would be a copy of them.
INLINE int isPlain(u32 type, u32 columns, u32 K) {
#if defined(__wasm__)
  (void)type, (void)columns, (void)K;
  return 0;
#else
  return type == STORED_F32 && columns == GROUP && K <= WHOLE_K && K % VW == 0;
#endif
}

// sums[r][j] (+)= x[r] . w[j] by way of a panel; whole quads of columns are written
static void manyRows(const Part *part, const u8 *w, u32 columns, const f32 *x, size_t ldx, u32 count, Work *work, Sums sums) {
  const u32 type = part->type, K = part->width, quads = (columns + QUAD - 1) / QUAD, whole = K / VW * VW, most = partOf(K);
  const size_t ldw = storedBytes(type, K);
  for (u32 r = 0; whole < K && r < count; r++) vstore(work->tail + r * VW, vloadn(x + r * ldx + whole, K - whole));
  for (u32 p = 0; p < K; p += most) {
    const u32 k = MIN(most, K - p), full = MIN(k, whole - p), padded = (k + VW - 1) / VW * VW;
    const int plain = isPlain(type, columns, K);
    if (!plain) panels[type](w, ldw, columns, p, k, work->panel);
    // meanwhile the next block is fetched: a step reads all weights once, so they come from far away
    const u32 last = p + k == K;
    const u8 *next = last ? w + GROUP * ldw : w + storedBytes(type, p + k);
    const size_t bytes = storedBytes(type, last ? most : MIN(most, K - p - k));
    u32 fetched = 0;
    for (u32 r = 0, m; r < count; r += m) {
      m = tileRows(count - r);
      for (u32 share = (GROUP * (r + m) + count - 1) / count; fetched < share; fetched++) prefetch(next + fetched * ldw, bytes);
      const size_t pitch = (size_t)QUAD * padded;
      f32 *acc = work->acc + r * QUAD * VW;
#if defined(__wasm__)
      for (u32 q = 0; q < quads; q++, acc += STRIPE) {
        const f32 *panel = work->panel + q * pitch;
        if (full) tiles[m - 1](x + r * ldx + p, ldx, panel, full, acc, p == 0);
        if (full < k) tiles[m - 1](work->tail + r * VW, VW, panel + (size_t)full * QUAD, VW, acc, p == 0 && full == 0);
      }
#else
      f32 *to = sums.to + r * sums.ld;
      if (plain) plainTiles[m - 1](x + r * ldx, ldx, (const f32 *)w, QUAD * (size_t)K, K, quads, acc, to, sums.ld, sums.add);
      else if (full) tiles[p == 0][last && full == k][m - 1](x + r * ldx + p, ldx, work->panel, pitch, full, quads, acc, to, sums.ld, sums.add);
      if (full < k) tiles[p + full == 0][1][m - 1](work->tail + r * VW, VW, work->panel + (size_t)full * QUAD, pitch, VW, quads, acc, to, sums.ld, sums.add);
#endif
    }
  }
#if defined(__wasm__)
  for (u32 q = 0; q < quads; q++)
    for (u32 r = 0; r < count; r++) {
      const f32 *acc = work->acc + q * STRIPE + r * QUAD * VW;
      v4 *to = (v4 *)(sums.to + r * sums.ld + q * QUAD), s = join4(vload(acc), vload(acc + VW), vload(acc + 2 * VW), vload(acc + 3 * VW));
      *to = sums.add ? *to + s : s;
    }
#endif
}

INLINE u32 fewOf(u32 type) { return type <= STORED_F16 ? FEW_FLOATS : FEW_BLOCKS; }

// sums[r][j] = x[r] . W[n + j], r < count <= ROWS, j < columns <= GROUP
static void groupProduct(const Part *part, u32 n, u32 columns, const u8 *end, const f32 *x, size_t ldx, u32 count, Work *work, f32 *sums) {
  const u32 type = part->type, K = part->width;
  const size_t ldw = storedBytes(type, K);
  const u8 *w = AT(part->matrix) + n * ldw;
  if (count > fewOf(type)) {
    manyRows(part, w, columns, x, ldx, count, work, (Sums){sums, GROUP, 0});
    return;
  }
  for (u32 j = 0; j < columns; j++) {
    const u32 whole = columns - j >= QUAD; // else one column, four times
    f32 *to = whole ? sums + j : work->single;
    for (u32 r = 0, m; r < count; r += m) {
      m = count - r == 4 ? 2 : MIN(FEW, count - r);
      few[type][m - 1](x + r * ldx, ldx, w + j * ldw, whole ? ldw : 0, end, K, to + r * GROUP);
    }
    for (u32 r = 0; !whole && r < count; r++) sums[r * GROUP + j] = work->single[r * GROUP];
    if (whole) j += QUAD - 1;
  }
}

// (... + scale (t B^T)) * lengths, with the adapter
static void addLora(u8 *heap, const Part *part, u32 n, u32 columns, const f32 *t, size_t ldt, u32 count, f32 *sums) {
  const u32 rank = part->rank;
  for (u32 r = 0; r < count; r++)
    for (u32 j = 0; j < columns; j++) {
      const f32 *b = F32(part->b) + (size_t)(n + j) * rank, *a = t + r * ldt + part->t;
      vf sum = vsplat(0);
      u32 k = 0;
      for (; k + VW <= rank; k += VW) sum = vfma(vload(a + k), vload(b + k), sum);
      if (k < rank) sum = vfma(vloadn(a + k, rank - k), vloadn(b + k, rank - k), sum);
      f32 *y = sums + r * GROUP + j;
      *y += part->scale * vsum(sum);
      if (part->lengths) *y *= F32(part->lengths)[n + j];
    }
}

// y = silu(gate) * up, a row of a group
INLINE void gate(const f32 *gates, const f32 *up, f32 *y) {
  FULLY for (u32 j = 0; j < GROUP; j += VW) {
    const vf g = vload(gates + j);
    vstore(y + j, g * vsigmoid(g) * vload(up + j));
  }
}

// ADD: y += x W^T; GATE: the parts are two, y = silu(x W0^T) * (x W1^T); ALONE: one thread computes all chunks in turn
enum { ADD = 1, GATE = 2, ALONE = 4 };
KERNEL(decodeLinear) {
  const u32 live = U32(d->live)[0], first = d->firstRow, chunks = d->chunks, flags = d->flags;
  if (live <= first) return;
  const u32 rows = MIN(live - first, d->rows), ldx = d->ldx, ldy = d->ldy, ldt = d->ldt, sides = flags & GATE ? 2 : 1;
  const f32 *x = F32(d->x) + (size_t)first * ldx, *t = F32(d->t) + (size_t)first * ldt;
  f32 *y = F32(d->y); // starts at row `first`
  Work *work = (Work *)scratch;
  const Part *parts = (const Part *)d->parts;
  u32 units = 0, unit = 0;
  for (u32 p = 0; p < d->count; p += sides) units += (parts[p].columns + GROUP - 1) / GROUP;
  const u32 from = (u32)((u64)units * chunk / chunks), to = (u32)((u64)units * (chunk + 1) / chunks);
  for (u32 p = 0; p < d->count; p += sides) {
    const Part *part = parts + p;
    const u32 groups = (part->columns + GROUP - 1) / GROUP;
    for (u32 g = from > unit ? from - unit : 0; g < groups && unit + g < to; g++) {
      const u32 n = g * GROUP, columns = MIN(GROUP, part->columns - n);
      for (u32 r0 = 0; r0 < rows; r0 += ROWS) {
        const u32 count = MIN(ROWS, rows - r0);
        if (columns == GROUP && !(flags & GATE) && !part->b && count > fewOf(part->type)) { // nothing is left to do with the sums
          const Sums out = {y + (size_t)r0 * ldy + part->y + n, ldy, flags & ADD};
          manyRows(part, AT(part->matrix) + n * storedBytes(part->type, part->width), columns, x + (size_t)r0 * ldx, ldx, count, work, out);
          continue;
        }
        for (u32 s = 0; s < sides; s++) {
          // what another thread reads is asked for by that one: twice would take memory's time
          const u32 own = flags & ALONE ? part->columns : MIN(part->columns, (to - unit) * GROUP);
          const u8 *end = AT(part[s].matrix) + own * storedBytes(part[s].type, part[s].width);
          groupProduct(part + s, n, columns, end, x + (size_t)r0 * ldx, ldx, count, work, work->sums[s]);
          if (part[s].b) addLora(heap, part + s, n, columns, t + (size_t)r0 * ldt, ldt, count, work->sums[s]);
        }
        for (u32 r = 0; r < count; r++) {
          f32 *out = y + (size_t)(r0 + r) * ldy + part->y + n, *sum = work->sums[0] + r * GROUP;
          if (flags & GATE) gate(sum, work->sums[1] + r * GROUP, columns == GROUP ? out : sum);
          if (flags & GATE && columns == GROUP) continue;
          u32 j = 0;
          for (; j + VW <= columns; j += VW) vstore(out + j, flags & ADD ? vload(out + j) + vload(sum + j) : vload(sum + j));
          for (; j < columns; j++) out[j] = flags & ADD ? out[j] + sum[j] : sum[j];
        }
      }
    }
    unit += groups;
  }
}
