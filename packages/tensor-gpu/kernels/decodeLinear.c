// Products of a decode step, y[r, :] = x[r, :] W^T, with W packed once per call of generate.
//
// Packed: panels of NR columns, each [K][NR]. Every element of y is one chain of fused multiply-adds over k = 0..K-1,
// whatever the number of rows: a row gives the same bits alone and in any batch. The number of live rows is read from
// the heap, so a recorded program serves a shrinking batch.
#include "decode.h"

#if defined(__wasm__)
#define UNROLL _Pragma("clang loop unroll(disable)")
#else
#define UNROLL
#endif
#define NV 2
#define NR (VW * NV)
#define KC 256    // columns of a block: a panel of it stays in the first-level cache
#define UNIT 32   // columns of a unit of work, a multiple of every NR

// acc[i][0..NR) += x[i][0..k) * panel, i < M; ldx = K. No branch after the tile: V8 would spill it.
#define TILE(M)                                                                        \
  static NOINLINE void tile##M(const f32 *x, u32 ldx, const f32 *b, u32 k, f32 *acc) { \
    (void)ldx;                                                                         \
    vf c[M][NV];                                                                       \
    for (int i = 0; i < M; i++)                                                        \
      for (int j = 0; j < NV; j++) c[i][j] = vload(acc + i * NR + j * VW);             \
    UNROLL for (u32 p = 0; p < k; p++) {                                               \
      vf w[NV];                                                                        \
      for (int j = 0; j < NV; j++) w[j] = vload(b + j * VW);                           \
      for (int i = 0; i < M; i++) {                                                    \
        vf a = vsplat(x[(size_t)i * LEFT_ROW(ldx)]);                                   \
        for (int j = 0; j < NV; j++) c[i][j] = vfma(a, w[j], c[i][j]);                 \
      }                                                                                \
      x += LEFT_STEP;                                                                  \
      b += NR;                                                                         \
    }                                                                                  \
    for (int i = 0; i < M; i++)                                                        \
      for (int j = 0; j < NV; j++) vstore(acc + i * NR + j * VW, c[i][j]);             \
  }
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

typedef void (*Tile)(const f32 *x, u32 ldx, const f32 *b, u32 k, f32 *acc);
static const Tile tiles[MR] = {
    tile1, tile2, tile3, tile4,
#if MR >= 5
    tile5,
#endif
#if MR >= 6
    tile6,
#endif
#if MR >= 12
    tile7, tile8, tile9, tile10, tile11, tile12,
#endif
};

// acc[rows][NR] = x[rows][K] * panel. Meanwhile the panel after it is fetched: a step reads all weights once, so they come
// from far away.
static void panelProduct(const f32 *x, u32 rows, const f32 *panel, u32 K, f32 *acc) {
  for (u32 i = 0; i < rows * NR; i += VW) vstore(acc + i, vsplat(0));
  for (u32 p = 0; p < K; p += KC) {
    const f32 *b = panel + (size_t)p * NR;
    u32 k = MIN(KC, K - p), share = (k * NR + rows - 1) / rows * MR;
    const f32 *next = b + (size_t)k * NR;
    for (u32 r = 0; r < rows; r += MR) {
      prefetch(next, share * sizeof(f32));
      next += share;
      tiles[MIN(MR, rows - r) - 1](x + LEFT(r, p, K), K, b, k, acc + r * NR);
    }
  }
}

// Rows [first, first + count) of W[N][K] into their panels; a chunk takes UNIT rows.
KERNEL(decodePack) {
  const f32 *source = F32(d->matrix);
  f32 *packed = F32(d->packed);
  u32 N = d->columns, K = d->width, offset = d->firstColumn, step = d->panelStep, phase = d->firstPanel;
  u32 end = MIN(N, (chunk + 1) * UNIT);
  for (u32 n = chunk * UNIT; n < end; n++) {
    u32 column = offset + n;
    f32 *to = packed + ((size_t)(column / NR) * step + phase) * K * NR + column % NR;
    const f32 *from = source + (size_t)n * K;
    for (u32 k = 0; k < K; k++) to[(size_t)k * NR] = from[k];
  }
}

// y = x W^T (mode 0) or y += x W^T (mode 1)
KERNEL(decodeLinear) {
  u32 live = U32(d->live)[0], K = d->width, N = d->columns, mode = d->add, first = d->firstRow;
  if (live <= first) return;
  u32 rows = MIN(live - first, d->rows), chunks = d->chunks;
  const f32 *x = F32(d->x) + LEFT(first, 0, K), *packed = F32(d->packed);
  f32 *y = F32(d->y), *acc = (f32 *)scratch; // y starts at row `first`
  u32 units = (N + UNIT - 1) / UNIT;
  u32 from = (u32)((u64)units * chunk / chunks) * UNIT, to = MIN(N, (u32)((u64)units * (chunk + 1) / chunks) * UNIT);
  for (u32 r0 = 0; r0 < rows; r0 += ROWS) {
    u32 count = MIN(ROWS, rows - r0);
    for (u32 n = from; n < to; n += NR) {
      panelProduct(x + LEFT(r0, 0, K), count, packed + (size_t)(n / NR) * K * NR, K, acc);
      u32 width = MIN(NR, N - n);
      for (u32 r = 0; r < count; r++) {
        f32 *out = y + (size_t)(r0 + r) * N + n;
        const f32 *sum = acc + r * NR;
        if (width == NR) {
          for (u32 j = 0; j < NR; j += VW) {
            vf value = vload(sum + j);
            vstore(out + j, mode ? vload(out + j) + value : value);
          }
        } else {
          for (u32 j = 0; j < width; j++) out[j] = mode ? out[j] + sum[j] : sum[j];
        }
      }
    }
  }
}

// y = silu(x gate^T) * (x up^T); panels of gate and up alternate
KERNEL(decodeGateUp) {
  u32 rows = U32(d->live)[0], K = d->width, N = d->columns, chunks = d->chunks;
  const f32 *x = F32(d->x), *packed = F32(d->packed);
  f32 *y = F32(d->y), *gate = (f32 *)scratch, *up = gate + ROWS * NR;
  u32 units = (N + UNIT - 1) / UNIT;
  u32 from = (u32)((u64)units * chunk / chunks) * UNIT, to = MIN(N, (u32)((u64)units * (chunk + 1) / chunks) * UNIT);
  for (u32 r0 = 0; r0 < rows; r0 += ROWS) {
    u32 count = MIN(ROWS, rows - r0);
    for (u32 n = from; n < to; n += NR) {
      const f32 *panel = packed + (size_t)(n / NR) * 2 * K * NR;
      panelProduct(x + LEFT(r0, 0, K), count, panel, K, gate);
      panelProduct(x + LEFT(r0, 0, K), count, panel + (size_t)K * NR, K, up);
      u32 width = MIN(NR, N - n);
      for (u32 r = 0; r < count; r++) {
        for (u32 j = 0; j < NR; j += VW) {
          vf g = vload(gate + r * NR + j);
          vstore(gate + r * NR + j, g * vsigmoid(g) * vload(up + r * NR + j));
        }
        for (u32 j = 0; j < width; j++) y[LEFT(r0 + r, n + j, N)] = gate[r * NR + j];
      }
    }
  }
}
