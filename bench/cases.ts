import { type ShapeName, shapes } from './shapes.ts';
import { sampleWork, trainWork, type Work } from './work.ts';

export type BenchId =
  | 'train'
  | 'generate'
  | 'decode'
  | 'grpo'
  | 'sdpo'
  | 'sft'
  | 'gemm'
  | 'ops'
  | 'losses';

/** A measured thing: what to do, who else does it, and the least it can cost. */
export interface Case {
  bench: BenchId;
  /** Name of the model shape, or of the product or op. */
  shape: string;
  /** Passed as JSON to both sides. */
  spec: Record<string, unknown>;
  /** `s` is the time of one run; the others are `amount` divided by it. */
  unit: 's' | 'tok/s' | 'GFLOP/s';
  amount: number;
  work: Work;
  /** Python file in `peers/` -> the variants to ask it for. */
  peers: Record<string, string[]>;
}

export const benchIds: readonly BenchId[] = [
  'train',
  'generate',
  'decode',
  'grpo',
  'sdpo',
  'sft',
  'gemm',
  'ops',
  'losses',
];

/** What runs when no `--shape` is given; the larger ones take minutes. */
const DEFAULT_SHAPES: Record<BenchId, readonly ShapeName[]> = {
  train: ['nano', 'micro'],
  generate: ['nano', 'micro'],
  decode: ['small', 'smollm2'],
  grpo: ['micro'],
  sdpo: ['micro'],
  sft: ['micro'],
  gemm: [],
  ops: [],
  losses: [],
};

/** M x N x K of `C[M,N] = A[M,K] W[N,K]^T`: cubes, the products of a micro step, Qwen3-0.6B's MLP. */
const PRODUCTS = [
  [64, 64, 64],
  [256, 256, 256],
  [1024, 1024, 1024],
  [2048, 128, 384],
  [2048, 512, 128],
  [256, 3072, 1024],
  [64, 3072, 1024],
  [8, 3072, 1024],
  [1, 3072, 1024],
] as const;

/** Tokens of what is said of an attempt. */
const FEEDBACK = 12;

/** Cases of a bench, for the shapes asked for or its default ones. */
export function casesOf(bench: BenchId, wanted: readonly ShapeName[]): Case[] {
  if (bench === 'gemm') return PRODUCTS.map(([M, N, K]) => gemmCase(M, N, K));
  if (bench === 'ops') return opCases();
  if (bench === 'losses') return lossCases();
  const names = wanted.length > 0 ? wanted : DEFAULT_SHAPES[bench];
  if (bench === 'decode') return names.flatMap(decodeCases);
  return names.map((name) => modelCase(bench, name));
}

/** Bytes of a weight in each stored type. */
const WEIGHT_BYTES = { f32: 4, bf16: 2, q8_0: 34 / 32, q4_0: 18 / 32 } as const;
type WeightType = keyof typeof WEIGHT_BYTES;

/** How each shape is sampled: as large models are used (frozen, 16 bits or fewer), the others as they are trained. */
const DECODED: Partial<Record<ShapeName, { types: WeightType[]; batches: number[] }>> = {
  smollm2: { types: ['bf16', 'q8_0', 'q4_0'], batches: [1, 8, 64] },
  q06b: { types: ['bf16'], batches: [1] },
};

/** Sampling from weights in their stored type. The peers compute in the type of the weights, or in float32 for blocks. */
function decodeCases(name: ShapeName): Case[] {
  const { types, batches } = DECODED[name] ?? { types: ['f32' as const], batches: [1, 8, 64] };
  const { promptLength: prompt, newTokens } = shapes[name];
  return types.flatMap((weights) =>
    batches.map((batch): Case => {
      const shape = { ...shapes[name], sampleBatch: batch };
      const sampling = { batch, prompt, newTokens, bytesPerWeight: WEIGHT_BYTES[weights] };
      return {
        ...{ bench: 'decode', shape: `${name} ${weights} b${batch}`, spec: { ...shape, weights } },
        ...{ unit: 'tok/s', amount: batch * newTokens, work: sampleWork(shape, sampling) },
        peers: { 'torch_generate.py': ['hf-sdpa', 'minimal'] },
      };
    }),
  );
}

function modelCase(bench: 'train' | 'generate' | 'grpo' | 'sdpo' | 'sft', name: ShapeName): Case {
  const shape = shapes[name];
  const base = { bench, shape: name, spec: { ...shape } };
  const training = trainWork(shape, shape.trainBatch, shape.trainLength);
  if (bench === 'train') {
    const compiled = shape.loraRank === 0 ? ['minimal-compile'] : [];
    const variants = ['hf-sdpa', 'minimal', ...compiled];
    return { ...base, unit: 's', amount: 1, work: training, peers: { 'torch_train.py': variants } };
  }
  if (bench === 'sft')
    return { ...base, unit: 's', amount: 1, work: training, peers: { 'trl_sft.py': ['trl'] } };
  if (bench === 'generate') {
    const { sampleBatch, promptLength, newTokens } = shape;
    const peers = { 'torch_generate.py': ['hf-sdpa', 'minimal'] };
    const work = sampleWork(shape, { batch: sampleBatch, prompt: promptLength, newTokens });
    return { ...base, unit: 'tok/s', amount: sampleBatch * newTokens, work, peers };
  }
  const batch = shape.grpoPrompts * shape.grpoGenerations;
  const sampling = sampleWork(shape, {
    batch,
    prompt: shape.promptLength,
    newTokens: shape.grpoNewTokens,
  });
  const update = trainWork(shape, batch, shape.promptLength + shape.grpoNewTokens);
  const shared = trainWork(shape, batch - shape.grpoPrompts, shape.promptLength); // a group's prompt is needed once
  const work = { flops: sampling.flops + update.flops - shared.flops, bytes: sampling.bytes };
  if (bench === 'grpo')
    return { ...base, unit: 's', amount: 1, work, peers: { 'trl_grpo.py': ['trl'] } };
  const length = shape.promptLength + shape.grpoNewTokens + FEEDBACK;
  const teacher = trainWork(shape, batch, length + shape.grpoNewTokens).flops / 3; // forward only
  return {
    ...{ ...base, spec: { ...shape, feedbackLength: FEEDBACK }, unit: 's', amount: 1 },
    ...{ work: { ...work, flops: work.flops + teacher }, peers: { 'trl_sdpo.py': ['trl'] } },
  };
}

function gemmCase(M: number, N: number, K: number): Case {
  const flops = 2 * M * N * K;
  return {
    bench: 'gemm',
    shape: `${M}x${N}x${K}`,
    spec: { M, N, K },
    unit: 'GFLOP/s',
    amount: flops / 1e9,
    work: { flops, bytes: 0 },
    peers: { 'torch_gemm.py': ['torch'] },
  };
}

/** Ops of a micro and of a mini step, forward and backward; `adamw` is one step over rows x width weights. */
function opCases(): Case[] {
  const op = (name: string, shape: string, spec: Record<string, unknown>, work: Work): Case => ({
    bench: 'ops',
    shape: `${name} ${shape}`,
    spec: { op: name, ...spec },
    unit: 's',
    amount: 1,
    work,
    peers: { 'torch_ops.py': name === 'adamw' ? ['torch'] : ['torch', 'torch-compile'] },
  });
  const rows = 2048;
  const large = 10240 * 1024;
  const attention = { batch: 16, length: 128, heads: 4, kvHeads: 2, headDim: 32 };
  const attentionFlops = 12 * 16 * 128 ** 2 * 4 * 32;
  return [
    op('rmsNorm', '2048x128', { rows, width: 128 }, { flops: 0, bytes: 0 }),
    op('rmsNorm', '10240x1024', { rows: 10240, width: 1024 }, { flops: 0, bytes: 4 * 5 * large }),
    op('swiglu', '2048x384', { rows, width: 384 }, { flops: 0, bytes: 0 }),
    op('swiglu', '10240x1024', { rows: 10240, width: 1024 }, { flops: 0, bytes: 4 * 8 * large }),
    op(
      'attention',
      '16x128x4x32',
      { ...attention, rows: 0, width: 0 },
      { flops: attentionFlops, bytes: 0 },
    ),
    op(
      'lmHead',
      '2048x128x512',
      { rows, width: 128, vocab: 512 },
      { flops: 6 * rows * 128 * 512, bytes: 0 },
    ),
    op(
      'lmHead',
      '512x512x32000',
      { rows: 512, width: 512, vocab: 32000 },
      { flops: 6 * 512 * 512 * 32000, bytes: 0 },
    ),
    op('adamw', '10240x1024', { rows: 10240, width: 1024 }, { flops: 0, bytes: 28 * large }),
  ];
}

/**
 * Losses and gradients of 64 x 1,024 tokens; ours is one thread, so compare with `--threads 1` too. `@aligned` are the same
 * tokens without their padding, which PyTorch computes on the grid.
 */
function lossCases(): Case[] {
  const [rows, length] = [64, 1024];
  const names = ['dapo', 'dapo@aligned', 'dapo+kl', 'grpo', 'dr_grpo', 'gspo', 'cispo', 'mol'];
  return names.map((loss) => ({
    bench: 'losses',
    shape: `${loss} ${rows}x${length}`,
    spec: { loss, rows, length },
    unit: 's',
    amount: 1,
    work: { flops: 0, bytes: 4 * 5 * rows * length },
    peers: { 'torch_losses.py': ['torch'] },
  }));
}
