#include "stored.h"

// h[r] = embedding[token[r]], widened to f32
KERNEL(decodeEmbed) {
  const u32 rows = U32(d->live)[0], width = d->width;
  const u8 *table = AT(d->table);
  for (u32 r = chunk; r < rows; r += d->chunks)
    widen(d->type, table + (u64)(u32)I32(d->tokens)[r] * storedBytes(d->type, width), 0, width, F32(d->hidden) + (size_t)r * width);
}
