#include "kernel.h"
// y[m] = table[ids[m]] and its gradient; selectRows uses both

// d: table, ids, y, count, width, ids per chunk
KERNEL(embedding) {
  const u32 width = d[4], end = MIN(d[3], (chunk + 1) * d[5]);
  for (u32 m = chunk * d[5]; m < end; m++) {
    const f32 *from = F32(0) + (size_t)I32(1)[m] * width;
    f32 *to = F32(2) + (size_t)m * width;
    u32 i = 0;
    for (; i + VW <= width; i += VW) vstore(to + i, vload(from + i));
    for (; i < width; i++) to[i] = from[i];
  }
}

// A chunk owns a range of table rows and adds to them in the order of ids.
// d: dy, ids, dtable, count, width, rows, padding id (0xffffffff: none), rows per chunk
KERNEL(embeddingGradient) {
  const u32 count = d[3], width = d[4], first = chunk * d[7], end = MIN(d[5], first + d[7]);
  f32 *table = F32(2);
  const size_t stop = (size_t)end * width;
  size_t i = (size_t)first * width;
  for (; i + VW <= stop; i += VW) vstore(table + i, vsplat(0));
  for (; i < stop; i++) table[i] = 0;
  for (u32 m = 0; m < count; m++) {
    const u32 id = (u32)I32(1)[m];
    if (id < first || id >= end || id == d[6]) continue;
    const f32 *dy = F32(0) + (size_t)m * width;
    f32 *row = table + (size_t)id * width;
    u32 j = 0;
    for (; j + VW <= width; j += VW) vstore(row + j, vload(row + j) + vload(dy + j));
    for (; j < width; j++) row[j] += dy[j];
  }
}
