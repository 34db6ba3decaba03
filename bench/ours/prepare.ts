import type { BenchId } from '../cases.ts';

/** Prepares a bench on the device that is open; the returned function does its work once. */
export type Prepare = (spec: never) => () => Promise<void>;

/** Our side of every bench. */
export const prepare: Record<BenchId, () => Promise<Prepare>> = {
  train: async () => {
    const { trainStep } = await import('./trainStep.ts');
    return (spec) => trainStep(spec, { learningRate: 1e-4 });
  },
  sft: async () => {
    const { trainStep } = await import('./trainStep.ts');
    return (spec) => trainStep(spec, { learningRate: 1e-4, maxGradNorm: 1 });
  },
  generate: async () => (await import('./generateTokens.ts')).generateTokens,
  decode: async () => (await import('./decodeTokens.ts')).decodeTokens,
  grpo: async () => (await import('./grpoStep.ts')).grpoStep,
  sdpo: async () => (await import('./sdpoStep.ts')).sdpoStep,
  gemm: async () => (await import('./gemm.ts')).gemm,
  ops: async () => (await import('./oneOp.ts')).oneOp,
  losses: async () => (await import('./lossGradient.ts')).lossGradient,
};
