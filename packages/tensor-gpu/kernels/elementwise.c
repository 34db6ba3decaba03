// y = a op b and y = f(x) over [rows, width]. Operands are whole, one row, one column or one number (broadcast).
#include "kernel.h"

enum { FULL, ROW, COLUMN, SCALAR };

// one row; XA, XB: how the operands are read at column j
#define LOOP(EXPR, XA, XB)                                     \
  for (; j + VW <= to; j += VW) {                              \
    vf a = XA(vload, pa + j), b = XB(vload, pb + j);           \
    vstore(y + j, EXPR);                                       \
  }                                                            \
  if (j < to) {                                                \
    vf a = XA(tail, pa + j), b = XB(tail, pb + j);             \
    vstoren(y + j, EXPR, to - j);                              \
  }
#define VECTOR(load, p) load(p)
#define NUMBER_A(load, p) va
#define NUMBER_B(load, p) vb
#define tail(p) vloadn(p, to - j)

#define BINARY(NAME, EXPR)                                                                                     \
  static void NAME(const f32 *pa, const f32 *pb, f32 *y, u32 j, u32 to, int numberA, int numberB) {           \
    vf va = vsplat(*pa), vb = vsplat(*pb);                                                                     \
    if (numberA && numberB) { LOOP(EXPR, NUMBER_A, NUMBER_B) }                                                 \
    else if (numberA) { LOOP(EXPR, NUMBER_A, VECTOR) }                                                         \
    else if (numberB) { LOOP(EXPR, VECTOR, NUMBER_B) }                                                         \
    else { LOOP(EXPR, VECTOR, VECTOR) }                                                                        \
  }
BINARY(addRow, a + b)
BINARY(subRow, a - b)
BINARY(mulRow, a * b)
BINARY(divRow, a / b)
BINARY(squaredDifferenceRow, (a - b) * (a - b))

KERNEL(binary) {
  const u32 rows = d->rows, width = d->width, across = (width + d->columnsPerChunk - 1) / d->columnsPerChunk;
  const u32 r0 = chunk / across * d->rowsPerChunk, r1 = MIN(r0 + d->rowsPerChunk, rows);
  const u32 c0 = chunk % across * d->columnsPerChunk, c1 = MIN(c0 + d->columnsPerChunk, width);
  const int numberA = d->kindA >= COLUMN, numberB = d->kindB >= COLUMN;
  for (u32 r = r0; r < r1; r++) {
    const f32 *a = F32(d->a) + (d->kindA == FULL ? (size_t)r * width : d->kindA == COLUMN ? r : 0);
    const f32 *b = F32(d->b) + (d->kindB == FULL ? (size_t)r * width : d->kindB == COLUMN ? r : 0);
    f32 *y = F32(d->y) + (size_t)r * width;
    switch (d->op) {
      case 0: addRow(a, b, y, c0, c1, numberA, numberB); break;
      case 1: subRow(a, b, y, c0, c1, numberA, numberB); break;
      case 2: mulRow(a, b, y, c0, c1, numberA, numberB); break;
      case 3: divRow(a, b, y, c0, c1, numberA, numberB); break;
      case 4: squaredDifferenceRow(a, b, y, c0, c1, numberA, numberB); break;
    }
  }
}

#define UNARY(NAME, EXPR)                                      \
  static void NAME(const f32 *p, f32 *y, u32 n) {              \
    u32 j = 0;                                                 \
    for (; j + VW <= n; j += VW) {                             \
      vf x = vload(p + j);                                     \
      vstore(y + j, EXPR);                                     \
    }                                                          \
    if (j < n) {                                               \
      vf x = vloadn(p + j, n - j);                             \
      vstoren(y + j, EXPR, n - j);                             \
    }                                                          \
  }
UNARY(negAll, -x)
UNARY(expAll, vexp(x))
UNARY(logAll, vlog(x))
UNARY(sqrtAll, vsqrt(x))
UNARY(squareAll, x * x)
UNARY(sigmoidAll, vsigmoid(x))
UNARY(absAll, vabs(x))
UNARY(rsqrtAll, vsplat(1) / vsqrt(x))
UNARY(reciprocalAll, vsplat(1) / x)
UNARY(reluAll, vselect(x < vsplat(0), vsplat(0), x))

KERNEL(unary) {
  u32 from = chunk * d->elementsPerChunk, n = MIN(d->elementsPerChunk, d->size - from);
  const f32 *x = F32(d->x) + from;
  f32 *y = F32(d->y) + from;
  switch (d->op) {
    case 0: negAll(x, y, n); break;
    case 1: expAll(x, y, n); break;
    case 2: logAll(x, y, n); break;
    case 3: sqrtAll(x, y, n); break;
    case 4: squareAll(x, y, n); break;
    case 5: sigmoidAll(x, y, n); break;
    case 6: absAll(x, y, n); break;
    case 7: rsqrtAll(x, y, n); break;
    case 8: reciprocalAll(x, y, n); break;
    case 9: reluAll(x, y, n); break;
  }
}
