// y[i] = value. words: y, n, value
#include "kernel.h"

#define FILL_CHUNK 65536u

KERNEL(fill) {
  f32 *y = F32(0);
  u32 n = d[1], from = chunk * FILL_CHUNK, to = MIN(from + FILL_CHUNK, n);
  vf v = vsplat(ARGF(2));
  u32 i = from;
  for (; i + VW <= to; i += VW) vstore(y + i, v);
  vstoren(y + i, v, to - i);
}
