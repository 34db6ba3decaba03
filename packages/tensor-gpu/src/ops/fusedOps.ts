import type { FusedOp } from '../fused/fusedOp.ts';
import { attentionOp } from './attention.ts';
import { embeddingOp } from './embedding.ts';
import { headNormRopeOp } from './headNormRope.ts';
import { linearOp } from './linear.ts';
import { lmHeadKlOp, lmHeadOp } from './lmHead.ts';
import { rmsNormOp } from './rmsNorm.ts';
import { ropeOp } from './rope.ts';
import { selectRowsOp } from './selectRows.ts';
import { swigluOp } from './swiglu.ts';

/** Every fused op of this package, for `verify` and for the check when a device opens. */
export const fusedOps: readonly FusedOp[] = [
  linearOp,
  rmsNormOp,
  headNormRopeOp,
  ropeOp,
  attentionOp,
  swigluOp,
  embeddingOp,
  selectRowsOp,
  lmHeadOp,
  lmHeadKlOp,
];
