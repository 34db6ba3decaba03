import { adamw, attention, lmHead, record, rmsNorm, swiglu } from '@molrl/tensor-gpu';
import {
  dispose,
  fill,
  onesLike,
  randomNormal,
  type Tensor,
  tensor1d,
  variable,
} from '@tensorflow/tfjs-core';
import { randomIds } from './benchModel.ts';

interface OpSpec {
  op: 'rmsNorm' | 'swiglu' | 'attention' | 'lmHead' | 'adamw';
  rows: number;
  width: number;
  vocab: number;
  batch: number;
  length: number;
  heads: number;
  kvHeads: number;
  headDim: number;
}

/** One fused op forward and backward to all of its inputs; `adamw` is one optimiser step. */
export function oneOp(spec: OpSpec): () => Promise<void> {
  if (spec.op === 'adamw') return adamwStep(spec);
  const { inputs, forward } = operation(spec);
  const shapeOf = forward();
  const ones = onesLike(shapeOf);
  shapeOf.dispose();
  return async () => {
    const { value, tape } = record(forward);
    dispose(tape.backward([[value, ones]], { ...inputs }));
    value.dispose();
  };
}

function operation(spec: OpSpec): { inputs: Tensor[]; forward: () => Tensor } {
  const { rows, width, vocab, batch, length, heads, kvHeads, headDim } = spec;
  let seed = 0;
  const random = (...shape: number[]): Tensor => randomNormal(shape, 0, 1, 'float32', ++seed);
  if (spec.op === 'rmsNorm') {
    const [x, weight] = [random(rows, width), random(width)];
    return { inputs: [x, weight], forward: () => rmsNorm(x, weight, { eps: 1e-6 }) };
  }
  if (spec.op === 'swiglu') {
    const [gate, up] = [random(rows, width), random(rows, width)];
    return { inputs: [gate, up], forward: () => swiglu(gate, up) };
  }
  if (spec.op === 'attention') {
    const q = random(batch, length, heads, headDim);
    const [k, v] = [
      random(batch, length, kvHeads, headDim),
      random(batch, length, kvHeads, headDim),
    ];
    const segmentIds = fill([batch, length], 0, 'int32');
    return { inputs: [q, k, v], forward: () => attention(q, k, v, segmentIds) };
  }
  const [hidden, weight] = [random(rows, width), random(vocab, width)];
  const targets = tensor1d(randomIds(1, rows, vocab), 'int32');
  return { inputs: [hidden, weight], forward: () => lmHead(hidden, weight, targets).logprobs };
}

function adamwStep({ rows, width }: OpSpec): () => Promise<void> {
  const weight = variable(randomNormal([rows * width], 0, 1, 'float32', 1));
  const gradient = randomNormal([rows * width], 0, 1, 'float32', 2);
  const optimizer = adamw({ weight }, { learningRate: 1e-4 });
  return async () => {
    await optimizer.step({ weight: gradient });
  };
}
