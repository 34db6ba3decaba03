#include "kernel.h"
#include "stored.h"
// y[m] = table[ids[m]] and its gradient; selectRows uses both

KERNEL(embedding) {
  const u32 width = d->width, end = MIN(d->count, (chunk + 1) * d->idsPerChunk);
  for (u32 m = chunk * d->idsPerChunk; m < end; m++) {
    const u8 *row = AT(d->table) + (size_t)I32(d->ids)[m] * storedBytes(d->type, width);
    widen(d->type, row, 0, width, F32(d->y) + (size_t)m * width);
  }
}

// A chunk owns a range of table rows and adds to them in the order of ids.
KERNEL(embeddingGradient) {
  const u32 count = d->count, width = d->width, first = chunk * d->rowsPerChunk, end = MIN(d->rows, first + d->rowsPerChunk);
  f32 *table = F32(d->dtable);
  const size_t stop = (size_t)end * width;
  size_t i = (size_t)first * width;
  for (; i + VW <= stop; i += VW) vstore(table + i, vsplat(0));
  for (; i < stop; i++) table[i] = 0;
  for (u32 m = 0; m < count; m++) {
    const u32 id = (u32)I32(d->ids)[m];
    if (id < first || id >= end || id == d->paddingId) continue;
    const f32 *dy = F32(d->dy) + (size_t)m * width;
    f32 *row = table + (size_t)id * width;
    u32 j = 0;
    for (; j + VW <= width; j += VW) vstore(row + j, vload(row + j) + vload(dy + j));
    for (; j < width; j++) row[j] += dy[j];
  }
}
