import { TensorGpuError } from '../../../base/errors.ts';
import { chunkRows } from '../engine/chunkRows.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { CpuFusedKernel, CpuFusedKernelCall } from './cpuFusedKernel.ts';

/** Byte offsets and shape; see `rope`. */
export interface RopeArgs {
  x: number;
  cos: number;
  sin: number;
  /** int32, one per token. */
  positions: number;
  y: number;
  tokens: number;
  heads: number;
  /** Head width D, even. */
  width: number;
}

/** `y` is `x` turned forward (`sign` 1) or back (-1). */
export function ropeCpu(cpu: CpuRuntime, args: RopeArgs, sign: 1 | -1): void {
  const { x, cos, sin, positions, y, tokens, heads, width } = args;
  const rows = tokens * heads;
  const { chunks, rowsPerChunk } = chunkRows(rows, 2 * width);
  const tensors = { x, cos, sin, positions, y };
  cpu.run('rope', chunks, { ...tensors, rows, heads, half: width / 2, sign, rowsPerChunk });
}

export const ropeKernel: CpuFusedKernel = {
  name: 'rope',
  forward: (call) => {
    const { backend, inputs } = call;
    checkPositions(call, 'rope');
    const y = backend.output(inputs.x!.shape);
    ropeCpu(backend.cpu, argsOf(call, { x: inputs.x!, y: backend.offset(y) }), 1);
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs, wanted } = call;
    return wanted.map(() => {
      const dx = backend.output(inputs.dy!.shape); // of x alone: the tables get none
      ropeCpu(backend.cpu, argsOf(call, { x: inputs.dy!, y: backend.offset(dx) }), -1);
      return dx;
    });
  },
};

function argsOf(
  { backend, inputs }: CpuFusedKernelCall,
  { x, y }: { x: CpuFusedKernelCall['inputs'][string]; y: number },
): RopeArgs {
  const [batch, time, heads, width] = x!.shape as [number, number, number, number]; // rank checked
  return {
    x: backend.offset(x!),
    cos: backend.offset(inputs.cos!),
    sin: backend.offset(inputs.sin!),
    positions: backend.offset(inputs.positions!),
    y,
    tokens: batch * time,
    heads,
    width,
  };
}

/** @throws {TensorGpuError} `shape` for a position that has no row in the tables: the kernels do not look. */
export function checkPositions({ backend, inputs }: CpuFusedKernelCall, name: string): void {
  const rows = inputs.cos!.shape[0]!;
  const positions = backend.integers(inputs.positions!);
  for (const position of positions) {
    if (position >= 0 && position < rows) continue;
    throw new TensorGpuError(
      'shape',
      `${name}: positions must be in [0, ${rows}), the rows of cos, got ${position}. Build larger tables or shorten the sequence.`,
    );
  }
}
