import { TensorGpuError } from '../../../base/errors.ts';
import { STORED_DTYPES } from '../../../weights/storedDtype.ts';
import type { KernelName, KernelWords } from './descriptors.ts';
import type { Heap } from './heap.ts';
import { kernelIds } from './kernelTable.ts';
import { packWords } from './packWords.ts';
import { SCRATCH_BYTES } from './threadMemory.ts';
import type { Library } from './wasmLibrary.ts';

/** Two libraries round differently: sums of some hundred products of numbers below 1. */
const TOLERANCE = 2e-4;

/** Rows, columns and inner size of the sample products: several tiles, and a tail in each direction. */
const [M, N, K] = [40, 71, 83];
/** Of the sample attention: tokens, and floats of a head. */
const [TIME, WIDTH] = [70, 20];
/** Values of each operand: as many as the largest sample needs. */
const FLOATS = 8192;

/** One command, and where its result lies. */
interface Sample {
  kernel: KernelName;
  /** For a library of this `base`: WebAssembly counts from the heap's start. */
  wordsAt(base: number): number[];
  result: { offset: number; floats: number };
}

/**
 * The library, if a sample of its kernels agrees with the reference one on this machine; else the reference one, and a warning.
 *
 * @param given.forced - The caller asked for just this library: then another one would be no answer.
 * @throws {TensorGpuError} `prebuild` if a forced library does not agree.
 */
export function checkedLibrary(
  heap: Heap,
  library: Library,
  given: { reference: Library; forced: boolean },
): Library {
  const { reference, forced } = given;
  const kernel = differingKernel(heap, library, reference);
  if (kernel === undefined) return library;
  const what = `openCpu: ${kernel} of ${library.name} differs from ${reference.name} on this processor`;
  if (forced)
    throw new TensorGpuError('prebuild', `${what}. Leave MOLRL_CPU unset, and please report it.`);
  process.emitWarning(`${what}. Using ${reference.name} from now on; please report it.`);
  return reference;
}

function differingKernel(heap: Heap, library: Library, reference: Library): KernelName | undefined {
  const blocks: number[] = [];
  const block = (bytes: number): number => {
    const offset = heap.alloc(bytes);
    blocks.push(offset);
    return offset;
  };
  try {
    const play = player(heap, block(4096), block(SCRATCH_BYTES));
    for (const sample of samples(heap, block)) {
      const [got, expected] = [play(library, sample), play(reference, sample)];
      // NaN differs from everything
      if (!got.every((x, i) => Math.abs(x - expected[i]!) <= TOLERANCE)) return sample.kernel;
    }
    return undefined;
  } finally {
    for (const offset of blocks) heap.free(offset);
  }
}

function player(heap: Heap, program: number, scratch: number) {
  return (library: Library, { kernel, wordsAt, result }: Sample): Float32Array => {
    const words = wordsAt(library.base);
    heap.f32(result.offset, result.floats).fill(Number.NaN);
    heap.u32(program, words.length + 3).set([kernelIds[kernel], 1, words.length, ...words]);
    library.runProgram(0, program, 1, 1, scratch); // alone, so without a control block
    return heap.f32(result.offset, result.floats).slice();
  };
}

/** Products of every form, attention, a norm and an exponential: each way of using tiles and vectors. */
function samples(heap: Heap, block: (bytes: number) => number): Sample[] {
  const [a, b, c] = [numbers(heap, block), numbers(heap, block), numbers(heap, block)];
  const [y, logsumexp, segmentIds] = [block(4 * FLOATS), block(4 * TIME), block(4 * TIME)];
  heap.i32(segmentIds, TIME).fill(0);
  const sample = <Name extends KernelName>(
    kernel: Name,
    floats: number,
    wordsAt: (base: number) => KernelWords<Name>,
  ): Sample => ({
    kernel,
    wordsAt: (base) => packWords(kernel, wordsAt(base)),
    result: { offset: y, floats },
  });
  const product = (flags: number, m: number): Sample =>
    sample('gemm', m * N, (base) => ({
      ...{ a, b: base + b, type: STORED_DTYPES.f32.code, c: y, m, n: N, k: K, flags, table: [] },
      ...{ lda: flags & 1 ? m : K, ldb: flags & 2 ? K : N, ldc: N },
      ...{ rowsPerChunk: m, columnsPerChunk: N, itemsPerChunk: 1 },
      ...{ batch: 1, strideA: 0, strideB: 0, strideC: 0 },
    }));
  const [tokens, heads] = [TIME, 1];
  return [
    ...[0, 1, 2].flatMap((flags) => [product(flags, M), product(flags, 7)]),
    sample('attention', TIME * WIDTH, () => ({
      ...{ q: a, k: b, v: c, segmentIds, y, logsumexp, batch: 1, time: tokens, heads },
      ...{ kvHeads: heads, width: WIDTH, scale: 0.5, causal: 1, tree: 0, window: 0 },
      queriesPerChunk: 192,
    })),
    sample('rmsNorm', M * K, () => ({
      ...{ x: a, weight: b, y, rows: M, width: K, eps: 1e-6, rowsPerChunk: M },
    })),
    sample('unary', N * K, () => ({ op: 1, x: a, y, size: N * K, elementsPerChunk: N * K })), // e^x
  ];
}

/** Numbers in (-0.5, 0.5), the same in every run. */
function numbers(heap: Heap, block: (bytes: number) => number): number {
  const offset = block(4 * FLOATS);
  let state = offset;
  const values = heap.f32(offset, FLOATS);
  for (let i = 0; i < FLOATS; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' LCG
    values[i] = state / 2 ** 32 - 0.5;
  }
  return offset;
}
