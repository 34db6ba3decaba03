import type { CpuFusedKernel } from './cpuFusedKernel.ts';
import { rowLookup } from './embedding.ts';

/** A lookup in the rows of x: the kernels of `embedding`. */
export const selectRowsKernel: CpuFusedKernel = rowLookup('selectRows', 'x', 'rows');
