import { util } from '@tensorflow/tfjs-core';
import { chunkRows } from '../engine/chunkRows.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { CpuFusedKernel } from './cpuFusedKernel.ts';
import { MOST_PARTIALS, withPartials } from './sumPartials.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/** Byte offsets and shape; see `rmsNorm`. */
export interface RmsNormArgs {
  x: number;
  weight: number;
  rows: number;
  width: number;
  eps: number;
}

export function rmsNormCpu(
  cpu: CpuRuntime,
  { x, weight, y, rows, width, eps }: RmsNormArgs & { y: number },
): void {
  const { chunks, rowsPerChunk } = chunkRows(rows, 2 * width);
  cpu.run('rmsNorm', chunks, { x, weight, y, rows, width, eps, rowsPerChunk });
}

/** `dx` or `dweight` 0: not wanted. */
export function rmsNormGradientCpu(
  cpu: CpuRuntime,
  args: RmsNormArgs & { dy: number; dx: number; dweight: number },
): void {
  const { x, weight, dy, dx, dweight, rows, width, eps } = args;
  const { chunks, rowsPerChunk } = chunkRows(rows, 4 * width, MOST_PARTIALS);
  const run = (partials: number) => {
    const words = { x, weight, dy, dx, partials, rows, width, eps, rowsPerChunk };
    cpu.run('rmsNormGradient', chunks, words);
  };
  if (dweight) withPartials(cpu, { out: dweight, count: chunks, width }, run);
  else run(0);
}

export const rmsNormKernel: CpuFusedKernel = {
  name: 'rmsNorm',
  forward: ({ backend, inputs, attributes }) => {
    const y = backend.output(inputs.x!.shape);
    rmsNormCpu(backend.cpu, { ...argsOf(backend, inputs, attributes), y: backend.offset(y) });
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs, attributes } = call;
    const { outputs, offsetOf } = wantedOutputs(call);
    rmsNormGradientCpu(backend.cpu, {
      ...argsOf(backend, inputs, attributes),
      dy: backend.offset(inputs.dy!),
      dx: offsetOf('x'),
      dweight: offsetOf('weight'),
    });
    return outputs;
  },
};

function argsOf(
  backend: Parameters<CpuFusedKernel['forward']>[0]['backend'],
  inputs: Parameters<CpuFusedKernel['forward']>[0]['inputs'],
  attributes: Readonly<Record<string, unknown>>,
): RmsNormArgs {
  const x = inputs.x!;
  const weight = inputs.weight!;
  const width = weight.shape[0]!;
  return {
    x: backend.offset(x),
    weight: backend.offset(weight),
    rows: util.sizeFromShape(x.shape) / width,
    width,
    eps: attributes.eps as number, // RmsNormOptions
  };
}
