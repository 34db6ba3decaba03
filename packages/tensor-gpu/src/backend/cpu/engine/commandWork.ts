import { STORED_DTYPES } from '../../../weights/storedDtype.ts';
import { visiblePairs } from '../../visiblePairs.ts';
import { descriptors, type KernelName, KIND_WORDS, type WordKind } from './descriptors.ts';

/** What a command costs at least. */
export interface Work {
  /** Floating-point operations, a multiply-add counted as 2. */
  flops: number;
  /** Bytes of the operands, each read or written once. */
  bytes: number;
}

/** The words of a command by name, as numbers. */
type Words = Readonly<Record<string, number>>;

const floats = (count: number): Work => ({ flops: 0, bytes: 4 * count });

/** Of the kernels of a training step. What is not here is counted as free: its time is still told. */
const WORK: { readonly [Name in KernelName]?: (words: Words) => Work } = {
  gemm: ({ m, n, k, batch, type }) => ({
    flops: 2 * m! * n! * k! * batch!,
    bytes: batch! * (4 * (m! * k! + m! * n!) + n! * k! * storedBytes(type!)),
  }),
  attention: (words) => attention(words, 2, 2),
  attentionGradient: (words) => attention(words, 5, 4),
  rope: ({ rows, half }) => floats(4 * rows! * half!),
  headNormRope: ({ rows, half }) => floats(4 * rows! * half!),
  headNormRopeGradient: ({ rows, half }) => floats(6 * rows! * half!),
  rmsNorm: ({ rows, width }) => floats(2 * rows! * width!),
  rmsNormGradient: ({ rows, width }) => floats(3 * rows! * width!),
  swiglu: ({ size }) => floats(3 * size!),
  swigluGradient: ({ size }) => floats(5 * size!),
  binary: ({ rows, width }) => floats(3 * rows! * width!),
  unary: ({ size }) => floats(2 * size!),
  fill: ({ size }) => floats(size!),
  copyBlock: ({ rows, width }) => floats(2 * rows! * width!),
  gatherRows: ({ rows, width }) => floats(2 * rows! * width!),
  embedding: ({ count, width, type }) => ({
    flops: 0,
    bytes: count! * width! * (4 + storedBytes(type!)),
  }),
  embeddingGradient: ({ count, width, rows }) => floats((count! + rows!) * width!),
  lmHeadUpdate: ({ rows, columns }) => floats(2 * rows! * columns!), // a maximum, then sums
  lmHeadGradient: ({ rows, columns }) => floats(2 * rows! * columns!),
  lmHeadJsdUpdate: ({ rows, columns }) => floats(2 * rows! * columns!),
  lmHeadJsdGradient: ({ rows, columns }) => floats(3 * rows! * columns!),
  sumPartials: ({ count, width }) => floats((count! + 1) * width!),
};

/** Of one element of a matrix stored as the code says; of blocks, its share. */
function storedBytes(code: number): number {
  const { bytes, elements } = Object.values(STORED_DTYPES).find((dtype) => dtype.code === code)!; // the runtime wrote it
  return bytes / elements;
}

/** Products of queries with keys that they see, and operands of the size of q and of k. */
function attention(words: Words, products: number, operands: number): Work {
  const { batch, time, heads, kvHeads, width, causal, window } = words;
  const pairs = visiblePairs(time!, { causal: causal === 1, window: window! });
  return {
    flops: 2 * products * batch! * heads! * pairs * width!,
    bytes: 4 * operands * batch! * time! * width! * (heads! + kvHeads!),
  };
}

/** @param at - Index of the command's first word in `memory`. */
export function commandWork(kernel: KernelName, memory: ArrayLike<number>, at: number): Work {
  const work = WORK[kernel];
  if (work === undefined) return { flops: 0, bytes: 0 };
  const words: Record<string, number> = {};
  let place = at;
  for (const [name, kind] of Object.entries<WordKind>(descriptors[kernel])) {
    words[name] = memory[place]!;
    place += KIND_WORDS[kind] ?? 1;
  }
  return work(words);
}
