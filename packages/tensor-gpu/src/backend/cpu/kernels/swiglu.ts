import { util } from '@tensorflow/tfjs-core';
import { chunkRows } from '../engine/chunkRows.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { CpuFusedKernel } from './cpuFusedKernel.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/** A chunk is a multiple of this, and so of every vector width. */
const UNIT = 64;
/** Of one element, beside a plain element-wise operation: an exponential and a division. */
const COST = 4;

export function swigluCpu(
  cpu: CpuRuntime,
  { gate, up, y, size }: { gate: number; up: number; y: number; size: number },
): void {
  const { chunks, rowsPerChunk } = chunkRows(Math.ceil(size / UNIT), UNIT * COST);
  cpu.run('swiglu', chunks, { gate, up, y, size, elementsPerChunk: rowsPerChunk * UNIT });
}

/** `dgate` or `dup` 0: not wanted. */
export function swigluGradientCpu(
  cpu: CpuRuntime,
  args: { gate: number; up: number; dy: number; dgate: number; dup: number; size: number },
): void {
  const { gate, up, dy, dgate, dup, size } = args;
  const { chunks, rowsPerChunk } = chunkRows(Math.ceil(size / UNIT), UNIT * COST);
  const tensors = { gate, up, dy, dgate, dup };
  cpu.run('swigluGradient', chunks, { ...tensors, size, elementsPerChunk: rowsPerChunk * UNIT });
}

export const swigluKernel: CpuFusedKernel = {
  name: 'swiglu',
  forward: ({ backend, inputs }) => {
    const { shape } = inputs.gate!;
    const y = backend.output(shape);
    swigluCpu(backend.cpu, {
      gate: backend.offset(inputs.gate!),
      up: backend.offset(inputs.up!),
      y: backend.offset(y),
      size: util.sizeFromShape(shape),
    });
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const { outputs, offsetOf } = wantedOutputs(call);
    swigluGradientCpu(backend.cpu, {
      gate: backend.offset(inputs.gate!),
      up: backend.offset(inputs.up!),
      dy: backend.offset(inputs.dy!),
      dgate: offsetOf('gate'),
      dup: offsetOf('up'),
      size: util.sizeFromShape(inputs.gate!.shape),
    });
    return outputs;
  },
};
