import type { FusedOp } from './fusedOp.ts';
import { attentionOp } from './ops/attention.ts';
import { embeddingOp } from './ops/embedding.ts';
import { headNormRopeOp } from './ops/headNormRope.ts';
import { linearOp } from './ops/linear.ts';
import { lmHeadKlOp, lmHeadOp } from './ops/lmHead.ts';
import { rmsNormOp } from './ops/rmsNorm.ts';
import { selectRowsOp } from './ops/selectRows.ts';
import { swigluOp } from './ops/swiglu.ts';

/** Every fused op of this package, for `verify` and for the check when a device opens. */
export const fusedOps: readonly FusedOp[] = [
  linearOp,
  rmsNormOp,
  headNormRopeOp,
  attentionOp,
  swigluOp,
  embeddingOp,
  selectRowsOp,
  lmHeadOp,
  lmHeadKlOp,
];
