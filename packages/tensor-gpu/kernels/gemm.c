// C (+)= op(A) op(B) in f32, for batches of strided row-major matrices. (One file: the paths share tile, packing and types.)
// B may be a frozen weight of another type: it is widened while it is packed, or in registers, and the sums are those of the
// widened matrix, bit for bit.
//
// A register tile of MR x NR sums over one block of K; B is packed into panels [k][NR] (a panel stays in the first-level
// cache while all rows of the block pass over it), A into [k][rows of a tile] where it is not read in place.
// Which path a product takes depends on its shape alone, so results are the same on any number of threads.
//   few rows, B transposed : dot products along K, nothing is packed
//   few rows               : B is read in place
//   else                   : packed
// The tile is a function of its own and has no branch behind its accumulators: V8 would spill them.
#include "kernel.h"
#include "stored.h"

#if VW == 16
#define MR 12
#elif defined(__wasm_relaxed_simd__)
#define MR 5 // V8 spills with 6 x 2 accumulators, and when the loop is unrolled: 44 against 23 GFLOP/s
#elif defined(__wasm__)
#define MR 4
#else
#define MR 6
#endif
#if defined(__wasm__)
#define UNROLL _Pragma("clang loop unroll(disable)")
#define ALWAYS_PACK 1
#else
#define UNROLL _Pragma("clang loop unroll_count(4)")
#define ALWAYS_PACK 0
#endif
#define NV 2
#define NR (VW * NV)
#define KC 256
#define MC 192
#define NC 2048
#define FEW_ROWS_IN_PLACE 18
#define FEW_ROWS_DOT 12
#define PACK_A_COLUMNS 192

enum { TRANSPOSE_A = 1, TRANSPOSE_B = 2, ACCUMULATE = 4, TABLE = 8 };

// c[rows][NR] (+)= sum over p < k of a(i, p) * b[p * ldb ..]. a(i, p) = a[i * rs + p] in place, a[p * rows + i] packed.
#define TILE_ARGS u32 k, const f32 *a, size_t rs, const f32 *b, size_t ldb, f32 *c, size_t ldc, int add
INLINE void tile(const int rows, const int packed, TILE_ARGS) {
  vf s[MR][NV];
  if (add) {
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < NV; j++) s[i][j] = vload(c + i * ldc + j * VW);
  } else {
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < NV; j++) s[i][j] = vsplat(0);
  }
  UNROLL
  for (u32 p = 0; p < k; p++) {
    vf w[NV];
    for (int j = 0; j < NV; j++) w[j] = vload(b + j * VW);
    for (int i = 0; i < rows; i++) {
      vf x = vsplat(packed ? a[i] : a[i * rs]);
      for (int j = 0; j < NV; j++) s[i][j] = vfma(x, w[j], s[i][j]);
    }
    a += packed ? rows : 1;
    b += ldb;
  }
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < NV; j++) vstore(c + i * ldc + j * VW, s[i][j]);
}

#if defined(__wasm__)
// V8 keeps the accumulators in registers only in the plainest form: everything packed, all strides constant, no branch.
#define TILE(R)                                                                                     \
  static NOINLINE void sums##R(u32 k, const f32 *a, const f32 *b, f32 *t) { tile(R, 1, k, a, 0, b, NR, t, NR, 0); } \
  static void packed##R(TILE_ARGS) {                                                                \
    (void)rs, (void)ldb;                                                                            \
    f32 t[R * NR];                                                                                  \
    sums##R(k, a, b, t);                                                                            \
    for (int i = 0; i < R; i++)                                                                     \
      for (int j = 0; j < NR; j += VW) {                                                            \
        vf v = vload(t + i * NR + j);                                                               \
        vstore(c + i * ldc + j, add ? vload(c + i * ldc + j) + v : v);                              \
      }                                                                                             \
  }
#else
#define TILE(R)                                                                                     \
  static NOINLINE void packed##R(TILE_ARGS) { tile(R, 1, k, a, rs, b, ldb, c, ldc, add); }           \
  static NOINLINE void inPlace##R(TILE_ARGS) { tile(R, 0, k, a, rs, b, ldb, c, ldc, add); }
#endif
TILE(1) TILE(2) TILE(3) TILE(4)
#if MR >= 5
TILE(5)
#endif
#if MR >= 6
TILE(6)
#endif
#if MR >= 12
TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
#endif
#if defined(__wasm__)
#define CASE(R) \
  case R: packed##R(k, a, rs, b, ldb, c, ldc, add); break;
#else
#define CASE(R)                                                                                     \
  case R:                                                                                           \
    if (packed) packed##R(k, a, rs, b, ldb, c, ldc, add);                                            \
    else inPlace##R(k, a, rs, b, ldb, c, ldc, add);                                                  \
    break;
#endif

static void anyTile(u32 rows, int packed, TILE_ARGS) {
  (void)packed;
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4)
#if MR >= 5
    CASE(5)
#endif
#if MR >= 6
    CASE(6)
#endif
#if MR >= 12
    CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
#endif
  }
}

// Rows of the next tile: the last two share what is left, one thin tile would waste the machine.
INLINE u32 tileRows(u32 left) {
  if (left <= MR) return left;
  return left < 2 * MR ? (left + 1) / 2 : MR;
}

// One tile whose columns may end before NR.
INLINE void edgeTile(u32 rows, u32 columns, int packed, TILE_ARGS) {
  if (columns >= NR) {
    anyTile(rows, packed, k, a, rs, b, ldb, c, ldc, add);
    return;
  }
  f32 t[MR * NR];
  for (u32 i = 0; i < rows; i++)
    for (u32 j = 0; j < NR; j++) t[i * NR + j] = add && j < columns ? c[i * ldc + j] : 0;
  anyTile(rows, packed, k, a, rs, b, ldb, t, NR, 1);
  for (u32 i = 0; i < rows; i++)
    for (u32 j = 0; j < columns; j++) c[i * ldc + j] = t[i * NR + j];
}

// 4 x 4 transposed, from element p of rows ld bytes apart: rows become columns of `to`
typedef f32 v4 __attribute__((vector_size(16), aligned(4)));
typedef i32 v4i __attribute__((vector_size(16), aligned(4)));
typedef u16 v4_u16 __attribute__((vector_size(8), aligned(1)));
INLINE v4 load4(const u32 type, const u8 *row, u32 p) {
  if (type == STORED_F32) return *(const v4 *)(row + 4 * (size_t)p);
  return (v4)(__builtin_convertvector(*(const v4_u16 *)(row + 2 * (size_t)p), v4i) << 16);
}
INLINE void transpose4(const u32 type, const u8 *from, size_t ld, u32 p, f32 *to, size_t ldt) {
  v4 a = load4(type, from, p), b = load4(type, from + ld, p);
  v4 c = load4(type, from + 2 * ld, p), d = load4(type, from + 3 * ld, p);
  v4 t0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), t1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  v4 t2 = __builtin_shufflevector(c, d, 0, 4, 1, 5), t3 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(v4 *)to = __builtin_shufflevector(t0, t2, 0, 1, 4, 5);
  *(v4 *)(to + ldt) = __builtin_shufflevector(t0, t2, 2, 3, 6, 7);
  *(v4 *)(to + 2 * ldt) = __builtin_shufflevector(t1, t3, 0, 1, 4, 5);
  *(v4 *)(to + 3 * ldt) = __builtin_shufflevector(t1, t3, 2, 3, 6, 7);
}
#if VW >= 8
typedef f32 v8 __attribute__((vector_size(32), aligned(4)));
INLINE void transpose8(const u32 type, const u8 *from, size_t ld, u32 p, f32 *to, size_t ldt) {
  v8 r[8], t[8], u[8];
  for (int i = 0; i < 4; i++) { // the halves are brought together while loading, so two rounds of shuffles are enough
    v4 a = load4(type, from + i * ld, p), b = load4(type, from + (i + 4) * ld, p);
    v4 c = load4(type, from + i * ld, p + 4), d = load4(type, from + (i + 4) * ld, p + 4);
    r[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
    r[i + 4] = __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7);
  }
  for (int i = 0; i < 8; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int h = 0; h < 8; h += 4) {
    u[h] = __builtin_shufflevector(t[h], t[h + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    u[h + 1] = __builtin_shufflevector(t[h], t[h + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    u[h + 2] = __builtin_shufflevector(t[h + 1], t[h + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    u[h + 3] = __builtin_shufflevector(t[h + 1], t[h + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 8; i++) *(v8 *)(to + i * ldt) = u[i];
}
#endif

// `count` rows of k elements, ld bytes apart -> to[k][width], count <= width, the rest zero
INLINE void transposed(const u32 type, const u8 *from, size_t ld, u32 count, u32 k, f32 *to, u32 width) {
  u32 r = 0;
#if VW >= 8
  for (; r + 8 <= count; r += 8) {
    u32 p = 0;
    for (; p + 8 <= k; p += 8) transpose8(type, from + r * ld, ld, p, to + (size_t)p * width + r, width);
    for (; p < k; p++)
      for (u32 i = r; i < r + 8; i++) to[(size_t)p * width + i] = stored(type, from + i * ld, p);
  }
#endif
  while (r < count && count >= 4) {
    r = MIN(r, count - 4); // the last four overlap what is there already
    u32 p = 0;
    for (; p + 4 <= k; p += 4) transpose4(type, from + r * ld, ld, p, to + (size_t)p * width + r, width);
    for (; p < k; p++)
      for (u32 i = r; i < r + 4; i++) to[(size_t)p * width + i] = stored(type, from + i * ld, p);
    r += 4;
  }
  for (; r < count; r++)
    for (u32 p = 0; p < k; p++) to[(size_t)p * width + r] = stored(type, from + r * ld, p);
  for (; r < width; r++)
    for (u32 p = 0; p < k; p++) to[(size_t)p * width + r] = 0;
}
static NOINLINE void packTransposed(const f32 *from, size_t ld, u32 count, u32 k, f32 *to, u32 width) {
  transposed(STORED_F32, (const u8 *)from, 4 * ld, count, k, to, width);
}
static NOINLINE void packTransposedBf16(const u8 *from, size_t ld, u32 count, u32 k, f32 *to, u32 width) {
  transposed(STORED_BF16, from, ld, count, k, to, width);
}

// k rows of `count` floats -> to[k][width], count <= width, the rest zero
INLINE void copyRows(const f32 *from, size_t ld, u32 k, f32 *to, const u32 width) {
  // whole vectors: what is written too much is overwritten by the next row, what is read too much is the next row's
  for (u32 p = 0; p + 1 < k; p++)
    for (u32 i = 0; i < width; i += VW) vstore(to + (size_t)p * width + i, vload(from + p * ld + i));
  if (k > 0)
    for (u32 i = 0; i < width; i++) to[(size_t)(k - 1) * width + i] = from[(k - 1) * ld + i];
}
static void packRows(const f32 *from, size_t ld, u32 count, u32 k, f32 *to, u32 width) {
  if (count == width && ld >= VW * NV) {
    if (width == NR) return copyRows(from, ld, k, to, NR);
    if (width == MR) return copyRows(from, ld, k, to, MR);
    return copyRows(from, ld, k, to, width);
  }
  for (u32 p = 0; p < k; p++)
    for (u32 i = 0; i < width; i++) to[(size_t)p * width + i] = i < count ? from[p * ld + i] : 0;
}

// k rows of `count` elements of a frozen weight, from element `first` on -> to[k][NR], the rest zero
INLINE void widenPanel(u32 type, const u8 *from, size_t ld, u32 first, u32 count, u32 k, f32 *to) {
  for (u32 p = 0; p < k; p++, from += ld, to += NR) {
    if (count >= NR)
      for (u32 i = 0; i < NR; i += VW) vstore(to + i, vstored(type, from, first + i));
    else
      for (u32 i = 0; i < NR; i++) to[i] = i < count ? stored(type, from, first + i) : 0;
  }
}
#define WIDEN_PANEL(name, type)                                                                            \
  static NOINLINE void panel##name(const u8 *from, size_t ld, u32 first, u32 count, u32 k, f32 *to) {      \
    widenPanel(type, from, ld, first, count, k, to);                                                        \
  }
WIDEN_PANEL(Bf16, STORED_BF16) WIDEN_PANEL(F16, STORED_F16)
WIDEN_PANEL(Q8, STORED_Q8_0) WIDEN_PANEL(Q4, STORED_Q4_0) WIDEN_PANEL(Q41, STORED_Q4_1)

typedef struct {
  const f32 *a;
  const u8 *b;
  f32 *c;
  size_t lda, ldb, ldc; // ldb in bytes
  u32 rows, columns, k, flags, type;
} Product;

// rows k0.. of B, columns n.. -> to[k][NR]
static void packPlain(const Product *x, u32 k0, u32 n, u32 count, u32 k, f32 *to) {
  const u8 *from = x->b + k0 * x->ldb;
  if (x->type == STORED_F32) packRows((const f32 *)from + n, x->ldb / 4, count, k, to, NR);
  else if (x->type == STORED_BF16) panelBf16(from, x->ldb, n, count, k, to);
  else if (x->type == STORED_F16) panelF16(from, x->ldb, n, count, k, to);
  else if (x->type == STORED_Q8_0) panelQ8(from, x->ldb, n, count, k, to);
  else if (x->type == STORED_Q4_0) panelQ4(from, x->ldb, n, count, k, to);
  else panelQ41(from, x->ldb, n, count, k, to);
}

// rows n.. of B transposed, its columns k0.. -> to[k][NR]; spare: [NR][KC + 16]
static void packAcross(const Product *x, u32 k0, u32 n, u32 count, u32 k, f32 *to, f32 *spare) {
  const u8 *from = x->b + n * x->ldb;
  if (x->type == STORED_F32) {
    packTransposed((const f32 *)from + k0, x->ldb / 4, count, k, to, NR);
    return;
  }
  if (x->type == STORED_BF16) {
    packTransposedBf16(from + 2 * k0, x->ldb, count, k, to, NR);
    return;
  }
  const u32 ld = KC + 16; // rows 1 KiB apart fall on the same lines of the cache
  for (u32 r = 0; r < count; r++) widen(x->type, from + r * x->ldb, k0, k, spare + (size_t)r * ld);
  packTransposed(spare, ld, count, k, to, NR);
}

// rows m.. of op(A), columns k0.. -> to[k][rows]
static void packStrip(const Product *x, u32 m, u32 k0, u32 rows, u32 k, f32 *to) {
  if (x->flags & TRANSPOSE_A) packRows(x->a + k0 * x->lda + m, x->lda, rows, k, to, rows);
  else packTransposed(x->a + m * x->lda + k0, x->lda, rows, k, to, rows);
}

static void packedProduct(const Product *x, f32 *scratch) {
  f32 *panels = scratch, *strips = scratch + (size_t)KC * NC, *spare = strips + (size_t)MC * KC;
  const int ta = (x->flags & TRANSPOSE_A) != 0, tb = (x->flags & TRANSPOSE_B) != 0;
  // read by few panels, a strip of A does not pay for its packing, unless its rows fall on the same lines of the cache
  const int packA = ALWAYS_PACK || ta || x->columns > PACK_A_COLUMNS || (x->lda % 512 == 0 && x->columns > PACK_A_COLUMNS / 4);
  const u32 blocks = (x->k + KC - 1) / KC, step = (x->k + blocks - 1) / blocks;
  for (u32 n0 = 0; n0 < x->columns; n0 += NC) {
    u32 n = MIN(NC, x->columns - n0);
    for (u32 k0 = 0; k0 < x->k; k0 += step) {
      u32 k = MIN(step, x->k - k0);
      int add = k0 > 0 || (x->flags & ACCUMULATE);
      for (u32 j = 0; j < n; j += NR) {
        u32 count = MIN(NR, n - j);
        f32 *to = panels + (size_t)j * k;
        if (tb) packAcross(x, k0, n0 + j, count, k, to, spare);
        else packPlain(x, k0, n0 + j, count, k, to);
      }
      for (u32 m0 = 0; m0 < x->rows; m0 += MC) {
        u32 m = MIN(MC, x->rows - m0);
        if (packA)
          for (u32 i = 0, r; i < m; i += r) {
            r = tileRows(m - i);
            packStrip(x, m0 + i, k0, r, k, strips + (size_t)i * k);
          }
        for (u32 j = 0; j < n; j += NR)
          for (u32 i = 0, r; i < m; i += r) {
            r = tileRows(m - i);
            const f32 *a = packA ? strips + (size_t)i * k : x->a + (m0 + i) * x->lda + k0;
            edgeTile(r, n - j, packA, k, a, x->lda, panels + (size_t)j * k, NR,
                     x->c + (m0 + i) * x->ldc + n0 + j, x->ldc, add);
          }
      }
    }
  }
}

// Few rows: B's rows are read where they are.
static void inPlaceProduct(const Product *x, f32 *scratch) {
  const int ta = (x->flags & TRANSPOSE_A) != 0, packA = ALWAYS_PACK || ta;
  const u32 blocks = (x->k + KC - 1) / KC, step = (x->k + blocks - 1) / blocks;
  for (u32 k0 = 0; k0 < x->k; k0 += step) {
    u32 k = MIN(step, x->k - k0);
    int add = k0 > 0 || (x->flags & ACCUMULATE);
    if (packA)
      for (u32 i = 0, r; i < x->rows; i += r) {
        r = tileRows(x->rows - i);
        packStrip(x, i, k0, r, k, scratch + (size_t)i * k);
      }
    for (u32 j = 0; j < x->columns; j += NR) {
      u32 n = x->columns - j;
      const f32 *b = (const f32 *)(x->b + k0 * x->ldb) + j;
      size_t ldb = x->ldb / 4;
      if (ALWAYS_PACK || x->type != STORED_F32 || n < NR) { // the last columns: no reading past the end of a row
        f32 *to = scratch + (size_t)FEW_ROWS_IN_PLACE * KC;
        packPlain(x, k0, j, MIN(n, NR), k, to);
        b = to;
        ldb = NR;
      }
      for (u32 i = 0, r; i < x->rows; i += r) {
        r = tileRows(x->rows - i);
        const f32 *a = packA ? scratch + (size_t)i * k : x->a + i * x->lda + k0;
        edgeTile(r, n, packA, k, a, x->lda, b, ldb, x->c + i * x->ldc + j, x->ldc, add);
      }
    }
  }
}

// Sums of four vectors: halves are added down to four lanes, then 4 x 4 transposed.
INLINE v4 fold(vf v) {
#if VW == 16
  v8 h = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  return __builtin_shufflevector(h, h, 0, 1, 2, 3) + __builtin_shufflevector(h, h, 4, 5, 6, 7);
#elif VW == 8
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
  return v;
#endif
}
INLINE v4 sum4(vf s0, vf s1, vf s2, vf s3) {
  v4 a = fold(s0), b = fold(s1), c = fold(s2), d = fold(s3);
  v4 t = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
  v4 u = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
  return __builtin_shufflevector(t, u, 0, 1, 4, 5) + __builtin_shufflevector(t, u, 2, 3, 6, 7);
}

// t[rows][4] = dot products of `rows` rows of a with 4 rows of w, ldw bytes apart
INLINE void dot(const int rows, const u32 type, const f32 *a, size_t lda, const u8 *w, size_t ldw, u32 k, f32 *t) {
  vf s[3][4];
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < 4; j++) s[i][j] = vsplat(0);
  u32 p = 0;
  if (type > STORED_F16) { // a block at a time: its scale is read once
    for (; p < k; p += BLOCK)
      for (u32 lane = 0; lane < BLOCK; lane += VW) {
        vf x[3];
        for (int i = 0; i < rows; i++) x[i] = vload(a + i * lda + p + lane);
        for (int j = 0; j < 4; j++) {
          vf y = vblock(type, w + j * ldw + storedBytes(type, p), lane);
          for (int i = 0; i < rows; i++) s[i][j] = vfma(x[i], y, s[i][j]);
        }
      }
  }
  for (; p + VW <= k; p += VW) {
    vf x[3];
    for (int i = 0; i < rows; i++) x[i] = vload(a + i * lda + p);
    for (int j = 0; j < 4; j++) {
      vf y = vstored(type, w + j * ldw, p);
      for (int i = 0; i < rows; i++) s[i][j] = vfma(x[i], y, s[i][j]);
    }
  }
  if (p < k) {
    vf x[3];
    for (int i = 0; i < rows; i++) x[i] = vloadn(a + i * lda + p, k - p);
    for (int j = 0; j < 4; j++) {
      vf y = vstoredn(type, w + j * ldw, p, k - p);
      for (int i = 0; i < rows; i++) s[i][j] = vfma(x[i], y, s[i][j]);
    }
  }
  for (int i = 0; i < rows; i++) *(v4 *)(t + 4 * i) = sum4(s[i][0], s[i][1], s[i][2], s[i][3]);
}
#define DOT(name, rows, type) \
  static NOINLINE void dot##name##rows(const f32 *a, size_t lda, const u8 *w, size_t ldw, u32 k, f32 *t) { dot(rows, type, a, lda, w, ldw, k, t); }
DOT(F32, 1, STORED_F32) DOT(F32, 2, STORED_F32) DOT(F32, 3, STORED_F32)
DOT(Bf16, 1, STORED_BF16) DOT(Bf16, 2, STORED_BF16) DOT(Bf16, 3, STORED_BF16)
DOT(F16, 1, STORED_F16) DOT(F16, 2, STORED_F16) DOT(F16, 3, STORED_F16)
typedef void (*Dot)(const f32 *a, size_t lda, const u8 *w, size_t ldw, u32 k, f32 *t);
static const Dot dots[3][3] = {{dotF321, dotF322, dotF323}, {dotBf161, dotBf162, dotBf163}, {dotF161, dotF162, dotF163}};
#if !defined(__wasm__)
DOT(Q8, 1, STORED_Q8_0) DOT(Q4, 1, STORED_Q4_0) DOT(Q4Least, 1, STORED_Q4_1)
static const Dot blockDots[3] = {dotQ81, dotQ41, dotQ4Least1};
#endif

// Few rows, B transposed: both are read along K. Blocks are widened four rows at a time, for one row of A in registers.
static void dotProduct(const Product *x, f32 *scratch) {
  int blocks = x->type > STORED_F16;
  const Dot *dot = dots[blocks ? STORED_F32 : x->type];
#if !defined(__wasm__)
  if (blocks && x->rows == 1) dot = &blockDots[x->type - STORED_Q8_0], blocks = 0;
#endif
  for (u32 j = 0; j < x->columns; j += 4) {
    u32 n = MIN(4, x->columns - j);
    const u8 *w = x->b + j * x->ldb;
    size_t row = x->ldb;
    if (blocks) {
      row = (size_t)x->k * 4;
      for (u32 q = 0; q < n; q++) widen(x->type, w + q * x->ldb, 0, x->k, scratch + (size_t)q * x->k);
      w = (const u8 *)scratch;
    }
    size_t ldw = n == 4 ? row : 0; // the last columns: one row four times
    for (u32 last = 0; last < (n == 4 ? 1 : n); last++)
      for (u32 i = 0, r; i < x->rows; i += r) {
        f32 t[12];
        u32 left = x->rows - i;
        r = left == 4 ? 2 : MIN(3, left);
        dot[r - 1](x->a + i * x->lda, x->lda, w + last * row, ldw, x->k, t);
        for (u32 e = 0; e < r; e++) {
          f32 *c = x->c + (i + e) * x->ldc + j + last;
          for (u32 q = 0; q < (n == 4 ? 4 : 1); q++) c[q] = (x->flags & ACCUMULATE ? c[q] : 0) + t[4 * e + q];
        }
      }
  }
}

// Item i lies at a + i * strideA and so on; with TABLE where the table says.
KERNEL(gemm) {
  u32 down = (d->m + d->rowsPerChunk - 1) / d->rowsPerChunk, across = (d->n + d->columnsPerChunk - 1) / d->columnsPerChunk;
  u32 group = chunk / (down * across), rest = chunk % (down * across);
  u32 m0 = rest / across * d->rowsPerChunk, n0 = rest % across * d->columnsPerChunk;
  for (u32 item = group * d->itemsPerChunk; item < MIN((group + 1) * d->itemsPerChunk, d->batch); item++) {
    const u32 *table = d->table + 2 * item;
    Product x;
    x.a = F32(d->a) + (d->flags & TABLE ? table[0] : (size_t)item * d->strideA);
    x.b = AT(d->b) + 4 * (d->flags & TABLE ? table[1] : (size_t)item * d->strideB);
    x.c = F32(d->c) + (size_t)item * d->strideC + (size_t)m0 * d->ldc + n0;
    x.lda = d->lda;
    x.type = d->type;
    x.ldb = storedBytes(x.type, d->ldb);
    x.ldc = d->ldc;
    x.flags = d->flags;
    x.a += x.flags & TRANSPOSE_A ? (size_t)m0 : m0 * x.lda;
    x.b += x.flags & TRANSPOSE_B ? n0 * x.ldb : storedBytes(x.type, n0); // n0 is a multiple of a block
    x.rows = MIN(d->rowsPerChunk, d->m - m0);
    x.columns = MIN(d->columnsPerChunk, d->n - n0);
    x.k = d->k;
    // chosen by the whole product's shape, not by the chunk's
    if (x.k == 0) { // the empty sum (with ACCUMULATE nothing is called)
      for (u32 i = 0; i < x.rows; i++)
        for (u32 j = 0; j < x.columns; j++) x.c[i * x.ldc + j] = 0;
    } else if (d->m <= FEW_ROWS_DOT && (x.flags & TRANSPOSE_B) && !(x.flags & TRANSPOSE_A)) dotProduct(&x, (f32 *)scratch);
    else if (d->m <= FEW_ROWS_IN_PLACE && !(x.flags & TRANSPOSE_B)) inPlaceProduct(&x, (f32 *)scratch);
    else packedProduct(&x, (f32 *)scratch);
  }
}
