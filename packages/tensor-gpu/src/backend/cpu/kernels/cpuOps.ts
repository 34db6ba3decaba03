import { attentionKernel } from './attention.ts';
import type { CpuFusedKernel } from './cpuFusedKernel.ts';
import { embeddingKernel } from './embedding.ts';
import { expertLinearKernel } from './expertLinear.ts';
import { headNormRopeKernel } from './headNormRope.ts';
import { linearKernel } from './linear.ts';
import { lmHeadKernel, lmHeadKlKernel } from './lmHead.ts';
import { lmHeadJsdKernel } from './lmHeadJsd.ts';
import { rmsNormKernel } from './rmsNorm.ts';
import { ropeKernel } from './rope.ts';
import { selectRowsKernel } from './selectRows.ts';
import { swigluKernel } from './swiglu.ts';

/** The fused ops that run as kernels on this device. */
export const cpuOps: readonly CpuFusedKernel[] = [
  linearKernel,
  rmsNormKernel,
  headNormRopeKernel,
  ropeKernel,
  attentionKernel,
  swigluKernel,
  embeddingKernel,
  selectRowsKernel,
  expertLinearKernel,
  lmHeadKernel,
  lmHeadKlKernel,
  lmHeadJsdKernel,
];
