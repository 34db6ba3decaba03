// y[i] = value
#include "kernel.h"

#define FILL_CHUNK 65536u

KERNEL(fill) {
  f32 *y = F32(d->y);
  u32 n = d->size, from = chunk * FILL_CHUNK, to = MIN(from + FILL_CHUNK, n);
  vf v = vsplat(d->value);
  u32 i = from;
  for (; i + VW <= to; i += VW) vstore(y + i, v);
  vstoren(y + i, v, to - i);
}
