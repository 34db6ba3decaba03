import type { Program } from '../engine/program.ts';
import { attentionKernel } from './attention.ts';
import { embeddingKernel, embeddingPrograms, selectRowsKernel } from './embedding.ts';
import { expertLinearKernel, expertLinearPrograms } from './expertLinear.ts';
import { gemmPrograms } from './gemm.ts';
import type { GpuFusedKernel } from './gpuFusedKernel.ts';
import { headNormRopeKernel, headNormRopePrograms } from './headNormRope.ts';
import { linearKernel } from './linear.ts';
import { lmHeadKernel, lmHeadKlKernel } from './lmHead.ts';
import { lmHeadJsdKernel } from './lmHeadJsd.ts';
import { lmHeadJsdPrograms } from './lmHeadJsdPrograms.ts';
import { lmHeadPrograms } from './lmHeadPrograms.ts';
import { rmsNormKernel, rmsNormPrograms } from './rmsNorm.ts';
import { ropeKernel, ropePrograms } from './rope.ts';
import { routeExpertsPrograms } from './routeExperts.ts';
import { sumColumnsProgram } from './sumColumns.ts';
import { swigluKernel, swigluPrograms } from './swiglu.ts';

/** Every fused op of this device. */
export const gpuOps: readonly GpuFusedKernel[] = [
  ...[linearKernel, rmsNormKernel, headNormRopeKernel, ropeKernel, attentionKernel, swigluKernel],
  ...[embeddingKernel, selectRowsKernel, lmHeadKernel, lmHeadKlKernel, lmHeadJsdKernel],
  expertLinearKernel,
];

/** What is compiled when a device opens; programs with a size in their text are compiled at their first use. */
export const gpuPrograms: readonly Program[] = [
  ...[gemmPrograms, swigluPrograms, rmsNormPrograms, ropePrograms, headNormRopePrograms],
  ...[embeddingPrograms, lmHeadPrograms, lmHeadJsdPrograms, [sumColumnsProgram]],
  ...[expertLinearPrograms, routeExpertsPrograms],
].flat();
