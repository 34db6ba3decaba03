#include "kernel.h"
// s = sigmoid(gate)    y = gate s up    dgate = dy up s (1 + gate (1 - s))    dup = dy gate s

INLINE vf forward(vf gate, vf up) { return gate * vsigmoid(gate) * up; }

KERNEL(swiglu) {
  const f32 *gate = F32(d->gate), *up = F32(d->up);
  f32 *y = F32(d->y);
  const u32 end = MIN(d->size, (chunk + 1) * d->elementsPerChunk);
  u32 i = chunk * d->elementsPerChunk;
  for (; i + VW <= end; i += VW) vstore(y + i, forward(vload(gate + i), vload(up + i)));
  if (i < end) vstoren(y + i, forward(vloadn(gate + i, end - i), vloadn(up + i, end - i)), end - i);
}

INLINE void gradient(vf gate, vf up, vf dy, vf *dgate, vf *dup) {
  const vf s = vsigmoid(gate), gs = gate * s;
  *dup = dy * gs;
  *dgate = dy * up * vfma(gs, vsplat(1) - s, s);
}

// No branch in the loop: V8 would spill its registers.
static NOINLINE void gradients(const f32 *gate, const f32 *up, const f32 *dy, f32 *dgate, f32 *dup, u32 n) {
  vf a, b;
  u32 i = 0;
  for (; i + VW <= n; i += VW) {
    gradient(vload(gate + i), vload(up + i), vload(dy + i), &a, &b);
    vstore(dgate + i, a);
    vstore(dup + i, b);
  }
  if (i < n) {
    gradient(vloadn(gate + i, n - i), vloadn(up + i, n - i), vloadn(dy + i, n - i), &a, &b);
    vstoren(dgate + i, a, n - i);
    vstoren(dup + i, b, n - i);
  }
}

// What is not wanted goes to the scratch memory, piece by piece.
#define PIECE 4096

KERNEL(swigluGradient) {
  f32 *unwanted = (f32 *)scratch;
  const u32 end = MIN(d->size, (chunk + 1) * d->elementsPerChunk);
  for (u32 i = chunk * d->elementsPerChunk; i < end; i += PIECE)
    gradients(F32(d->gate) + i, F32(d->up) + i, F32(d->dy) + i, d->dgate ? F32(d->dgate) + i : unwanted, d->dup ? F32(d->dup) + i : unwanted,
              MIN(PIECE, end - i));
}
