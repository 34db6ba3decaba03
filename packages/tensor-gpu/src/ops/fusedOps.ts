import type { FusedOp } from '../fused/fusedOp.ts';
import { attentionOp } from './attention.ts';
import { embeddingOp, embeddingStored } from './embedding.ts';
import { expertLinearOp } from './expertLinear.ts';
import { headNormRopeOp } from './headNormRope.ts';
import { linearOp, linearStored } from './linear.ts';
import {
  lmHeadJsdOp,
  lmHeadJsdStored,
  lmHeadKlOp,
  lmHeadKlStored,
  lmHeadOp,
  lmHeadStored,
} from './lmHead.ts';
import { rmsNormOp } from './rmsNorm.ts';
import { ropeOp } from './rope.ts';
import { selectRowsOp } from './selectRows.ts';
import { swigluOp } from './swiglu.ts';

/** Every fused op of this package, with tensors and with frozen weights of every type, for `verify` and for the check when a device opens. */
export const fusedOps: readonly FusedOp[] = [
  linearOp,
  rmsNormOp,
  headNormRopeOp,
  ropeOp,
  attentionOp,
  swigluOp,
  embeddingOp,
  selectRowsOp,
  expertLinearOp,
  lmHeadOp,
  lmHeadKlOp,
  lmHeadJsdOp,
  ...[linearStored, embeddingStored, lmHeadStored, lmHeadKlStored, lmHeadJsdStored].flatMap(
    ({ byDtype }) => Object.values(byDtype),
  ),
];
