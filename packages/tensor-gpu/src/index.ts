export type { HeapMemory } from './backend/cpu/heap.ts';
export { type CheckFusedOpOptions, checkFusedOp, type FusedOpCheck } from './checkFusedOp.ts';
export { createDecoder, type Decoder } from './decode/createDecoder.ts';
export type { DecodeProgress, DecodeRequest } from './decode/decodeRequest.ts';
export type { DecoderLayer, DecoderSpec } from './decode/decoderSpec.ts';
export type { Completion } from './decode/decodeWave.ts';
export { type SampleTokenOptions, sampleToken } from './decode/sampleToken.ts';
export { type SamplingOptions, samplingProbabilities } from './decode/samplingProbabilities.ts';
export { seededUniform } from './decode/seededUniform.ts';
export { defineFusedOp } from './defineFusedOp.ts';
export {
  defineKernel,
  type ElementKernelOptions,
  type KernelOp,
  type KernelRows,
  type KernelSettings,
  type RowKernelOptions,
} from './defineKernel.ts';
export { TensorGpuError, type TensorGpuErrorCode } from './errors.ts';
export type {
  FusedOp,
  FusedOpArguments,
  FusedOpAttributes,
  FusedOpDefinition,
  RandomTensors,
} from './fusedOp.ts';
export type { KernelMode } from './kernelSource.ts';
export { type CpuDevice, type OpenCpuOptions, openCpu } from './openCpu.ts';
export { type AttentionOptions, attention } from './ops/attention.ts';
export { type EmbeddingOptions, embedding } from './ops/embedding.ts';
export { headNormRope } from './ops/headNormRope.ts';
export { linear } from './ops/linear.ts';
export { type LmHeadOptions, type LmHeadResult, lmHead } from './ops/lmHead.ts';
export { type LossAndGradient, lossFromGradient } from './ops/lossFromGradient.ts';
export { type RmsNormOptions, rmsNorm } from './ops/rmsNorm.ts';
export { selectRows } from './ops/selectRows.ts';
export { swiglu } from './ops/swiglu.ts';
export {
  type AdamwOptions,
  adamw,
  type Optimizer,
  type OptimizerState,
  type StepOptions,
} from './optim/adamw.ts';
export {
  type LearningRateScheduleOptions,
  learningRateSchedule,
} from './optim/learningRateSchedule.ts';
export { onFusedMismatch } from './selfCheck.ts';
export { type Recorded, record } from './tape/record.ts';
export { registerGradients } from './tape/registerGradients.ts';
export { type Cotangent, Tape } from './tape/tape.ts';
export { verify } from './verify.ts';
