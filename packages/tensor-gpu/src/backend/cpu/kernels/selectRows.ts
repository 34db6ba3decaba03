import { rowLookup } from './embedding.ts';
import type { FusedKernel } from './fusedKernel.ts';

/** A lookup in the rows of x: the kernels of `embedding`. */
export const selectRowsKernel: FusedKernel = rowLookup('selectRows', 'x', 'rows');
