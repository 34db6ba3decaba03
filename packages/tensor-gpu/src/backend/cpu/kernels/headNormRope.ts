import { chunkRows } from '../engine/chunkRows.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { CpuFusedKernel, CpuFusedKernelCall } from './cpuFusedKernel.ts';
import { checkPositions } from './rope.ts';
import { MOST_PARTIALS, withPartials } from './sumPartials.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/** Byte offsets and shape; see `headNormRope`. */
export interface HeadNormRopeArgs {
  x: number;
  weight: number;
  cos: number;
  sin: number;
  /** int32, one per token. */
  positions: number;
  tokens: number;
  heads: number;
  /** Head width D, even. */
  width: number;
  eps: number;
}

export function headNormRopeCpu(cpu: CpuRuntime, args: HeadNormRopeArgs & { y: number }): void {
  const { x, weight, cos, sin, positions, y, tokens, heads, width, eps } = args;
  const rows = tokens * heads;
  const { chunks, rowsPerChunk } = chunkRows(rows, 3 * width);
  const tensors = { x, weight, cos, sin, positions, y };
  const sizes = { rows, heads, half: width / 2, eps, rowsPerChunk };
  cpu.run('headNormRope', chunks, { ...tensors, ...sizes });
}

/** `dx` or `dweight` 0: not wanted. */
export function headNormRopeGradientCpu(
  cpu: CpuRuntime,
  args: HeadNormRopeArgs & { dy: number; dx: number; dweight: number },
): void {
  const { x, weight, cos, sin, positions, dy, dx, dweight, tokens, heads, width, eps } = args;
  const rows = tokens * heads;
  const { chunks, rowsPerChunk } = chunkRows(rows, 6 * width, MOST_PARTIALS);
  const run = (partials: number) => {
    const tensors = { x, weight, cos, sin, positions, dy, dx, partials };
    const sizes = { rows, heads, half: width / 2, eps, rowsPerChunk };
    cpu.run('headNormRopeGradient', chunks, { ...tensors, ...sizes });
  };
  if (dweight) withPartials(cpu, { out: dweight, count: chunks, width }, run);
  else run(0);
}

export const headNormRopeKernel: CpuFusedKernel = {
  name: 'headNormRope',
  forward: (call) => {
    const { backend, inputs } = call;
    checkPositions(call, 'headNormRope');
    const y = backend.output(inputs.x!.shape);
    headNormRopeCpu(backend.cpu, { ...argsOf(call), y: backend.offset(y) });
    return [y];
  },
  gradient: (call) => {
    const { outputs, offsetOf } = wantedOutputs(call);
    headNormRopeGradientCpu(call.backend.cpu, {
      ...argsOf(call),
      dy: call.backend.offset(call.inputs.dy!),
      dx: offsetOf('x'),
      dweight: offsetOf('weight'),
    });
    return outputs;
  },
};

function argsOf({ backend, inputs, attributes }: CpuFusedKernelCall): HeadNormRopeArgs {
  const [batch, time, heads, width] = inputs.x!.shape as [number, number, number, number]; // rank checked
  return {
    x: backend.offset(inputs.x!),
    weight: backend.offset(inputs.weight!),
    cos: backend.offset(inputs.cos!),
    sin: backend.offset(inputs.sin!),
    positions: backend.offset(inputs.positions!),
    tokens: batch * time,
    heads,
    width,
    eps: attributes.eps as number, // RmsNormOptions
  };
}
