export { readsAtOnce } from './backend/backend.ts';
export type { CpuDevice } from './backend/cpu/cpuDevice.ts';
export {
  type DecodeMemory,
  type DecodeMemoryOptions,
  decodeMemory,
} from './backend/cpu/decode/decodeMemory.ts';
export type { HeapMemory } from './backend/cpu/engine/heap.ts';
export { type OpenCpuOptions, openCpu } from './backend/cpu/openCpu.ts';
export type {
  Completion,
  DrawnToken,
  SamplingMask,
  TopLogprob,
} from './backend/decodeJob.ts';
export type {
  DecoderExperts,
  DecoderLayer,
  LayerMatrix,
  LoraFactors,
} from './backend/decoderWeights.ts';
export {
  type CacheDtype,
  createKvCache,
  type KvCache,
  type KvCacheOptions,
  type KvCacheUsage,
} from './backend/kvCache.ts';
export type { GpuMemory } from './backend/webgpu/engine/bufferPool.ts';
export type { GpuAdapterInfo } from './backend/webgpu/engine/gpuDevice.ts';
export type { GpuTiles, TileSize } from './backend/webgpu/engine/tiles.ts';
export type { GpuCounts } from './backend/webgpu/engine/webGpuRuntime.ts';
export type { OpenWebGpuOptions, WebGpuDevice } from './backend/webgpu/openWebGpu.ts';
export { weightTensor } from './backend/weightTensor.ts';
export { weightVersion } from './backend/weightVersion.ts';
export { TensorGpuError, type TensorGpuErrorCode } from './base/errors.ts';
export { canDecode } from './decode/canDecode.ts';
export { createDecoder, type Decoder } from './decode/createDecoder.ts';
export type { DecodeProgress, DecodeRequest } from './decode/decodeRequest.ts';
export type { DecoderSpec } from './decode/decoderSpec.ts';
export { DEVICES, type DeviceName, openDevice } from './devices/openDevice.ts';
export { type CheckFusedOpOptions, checkFusedOp, type FusedOpCheck } from './fused/checkFusedOp.ts';
export { defineFusedOp } from './fused/defineFusedOp.ts';
export { onFusedMismatch } from './fused/firstUseCheck.ts';
export type {
  FusedOp,
  FusedOpArguments,
  FusedOpAttributes,
  FusedOpDefinition,
  RandomTensors,
} from './fused/fusedOp.ts';
export { add } from './ops/add.ts';
export { type AttentionOptions, attention } from './ops/attention.ts';
export { constant } from './ops/constant.ts';
export { type EmbeddingOptions, embedding } from './ops/embedding.ts';
export { expertLinear } from './ops/expertLinear.ts';
export { headNormRope } from './ops/headNormRope.ts';
export { linear } from './ops/linear.ts';
export { type LmHeadOptions, type LmHeadResult, lmHead } from './ops/lmHead.ts';
export { type LossAndGradient, lossFromGradient } from './ops/lossFromGradient.ts';
export { reshape } from './ops/reshape.ts';
export { type RmsNormOptions, rmsNorm } from './ops/rmsNorm.ts';
export { type RotaryTables, rope } from './ops/rope.ts';
export { type ExpertRoute, routeExperts } from './ops/routeExperts.ts';
export { selectRows } from './ops/selectRows.ts';
export { swiglu } from './ops/swiglu.ts';
export { verify } from './ops/verify.ts';
export { type AdamwOptions, adamw } from './optim/adamw.ts';
export { type Adamw8bitOptions, adamw8bit } from './optim/adamw8bit.ts';
export type { Decays } from './optim/decayGroups.ts';
export {
  type LearningRateScheduleOptions,
  learningRateSchedule,
} from './optim/learningRateSchedule.ts';
export { type MuonOptions, muon } from './optim/muon.ts';
export type {
  Optimizer,
  OptimizerState,
  StateTensor,
  StepOptions,
} from './optim/optimizer.ts';
export { formatProfile } from './profile/formatProfile.ts';
export { type Profile, type ProfileOptions, type ProfileRow, profile } from './profile/profile.ts';
export {
  type SampledToken,
  type SampleTokenOptions,
  sampleToken,
} from './sampling/sampleToken.ts';
export {
  type SamplingHistory,
  type SamplingOptions,
  samplingProbabilities,
} from './sampling/samplingProbabilities.ts';
export { seededUniform } from './sampling/seededUniform.ts';
export { checkpoint } from './tape/checkpoint.ts';
export { type Recorded, record } from './tape/record.ts';
export { registerGradients } from './tape/registerGradients.ts';
export { type Cotangent, Tape } from './tape/tape.ts';
export {
  defineKernel,
  type ElementKernelOptions,
  type KernelOp,
  type KernelRows,
  type KernelSettings,
  type RowKernelOptions,
} from './userKernels/defineKernel.ts';
export type { KernelMode } from './userKernels/kernelSource.ts';
export type { MappedTensor, Weight } from './weights/mappedTensor.ts';
export { type MapTensorOptions, mapTensor } from './weights/mapTensor.ts';
export { narrow } from './weights/narrow.ts';
export { type QuantizedDtype, quantize } from './weights/quantize.ts';
export type { StoredDtype } from './weights/storedDtype.ts';
export { storedMemory } from './weights/storedMemory.ts';
export { type StoredTensorOptions, storedTensor } from './weights/storedTensor.ts';
export { widen } from './weights/widen.ts';
