import { util } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import { STORED_DTYPES } from '../../../weights/storedDtype.ts';
import { chunkRows } from '../engine/chunkRows.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { Matrix } from '../engine/matrix.ts';
import type { CpuFusedKernel, CpuFusedKernelCall } from './cpuFusedKernel.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/** Each chunk of the gradient reads all ids. */
const MOST_GRADIENT_CHUNKS = 16;

/** `y[m] = table[ids[m]]`; the ids must be valid rows. */
export function embeddingCpu(
  cpu: CpuRuntime,
  args: { table: Matrix; ids: number; y: number; count: number; width: number },
): void {
  const { table, ids, y, count, width } = args;
  const { chunks, rowsPerChunk } = chunkRows(count, 2 * width);
  const type = STORED_DTYPES[table.dtype].code;
  const sizes = { count, width, idsPerChunk: rowsPerChunk };
  cpu.run('embedding', chunks, { table: table.address, type, ids, y, ...sizes });
}

/** `dtable[v]` = sum of `dy[m]` where `ids[m] == v`, in the order of m; `paddingId` -1: none. */
export function embeddingGradientCpu(
  cpu: CpuRuntime,
  args: {
    dy: number;
    ids: number;
    dtable: number;
    count: number;
    width: number;
    rows: number;
    paddingId: number;
  },
): void {
  const { dy, ids, dtable, count, width, rows, paddingId } = args;
  const { chunks, rowsPerChunk } = chunkRows(rows, 2 * width, MOST_GRADIENT_CHUNKS);
  const tensors = { dy, ids, dtable };
  const sizes = { count, width, rows, paddingId: paddingId >>> 0, rowsPerChunk };
  cpu.run('embeddingGradient', chunks, { ...tensors, ...sizes });
}

/** The kernels of `embedding` and `selectRows`, which differ in the names of their inputs. */
export function rowLookup(name: string, table: string, ids: string): CpuFusedKernel {
  return {
    name,
    forward: (call) => {
      const { backend, inputs } = call;
      const width = inputs[table]!.shape[1]!;
      checkIds(call, { name, table, ids });
      const y = backend.output([...inputs[ids]!.shape, width]);
      embeddingCpu(backend.cpu, {
        table: backend.matrix(inputs[table]!),
        ids: backend.offset(inputs[ids]!),
        y: backend.offset(y),
        count: util.sizeFromShape(inputs[ids]!.shape),
        width,
      });
      return [y];
    },
    gradient: (call) => {
      const { backend, inputs, attributes } = call;
      const { outputs, offsetOf } = wantedOutputs(call);
      const [rows, width] = inputs[table]!.shape as [number, number]; // rank checked
      const { paddingId } = attributes;
      embeddingGradientCpu(backend.cpu, {
        dy: backend.offset(inputs.dy!),
        ids: backend.offset(inputs[ids]!),
        dtable: offsetOf(table),
        count: util.sizeFromShape(inputs[ids]!.shape),
        width,
        rows,
        paddingId: typeof paddingId === 'number' ? paddingId : -1,
      });
      return outputs;
    },
  };
}

export const embeddingKernel: CpuFusedKernel = rowLookup('embedding', 'weight', 'ids');

function checkIds(
  { backend, inputs }: CpuFusedKernelCall,
  { name, table, ids }: { name: string; table: string; ids: string },
): void {
  const rows = inputs[table]!.shape[0]!;
  const count = util.sizeFromShape(inputs[ids]!.shape);
  const values = backend.integers(inputs[ids]!);
  for (let i = 0; i < count; i++) {
    const id = values[i]!;
    if (id >= 0 && id < rows) continue;
    throw new TensorGpuError(
      'shape',
      `${name}: ${ids} must be in [0, ${rows}), the rows of ${table}, got ${id} at position ${i}. The ${ids} and the ${table} do not belong together.`,
    );
  }
}
