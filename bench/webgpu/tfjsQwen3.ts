import { ropeTables } from '@molrl/qwen3';
import {
  add,
  concat,
  gather,
  losses,
  matMul,
  mean,
  mul,
  oneHot,
  reshape,
  rsqrt,
  type Scalar,
  sigmoid,
  slice,
  softmax,
  square,
  sub,
  type Tensor,
  tensor,
  tensor1d,
  tile,
  train,
  transpose,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { trainTokens } from '../ours/trainStep.ts';
import type { Shape } from '../shapes.ts';

const EPS = 1e-6;
const THETA = 1e6;
/** What masked scores get: softmax makes 0 of it. */
const MASKED = -1e9;

/** A model's weights by name. */
export type Weights = Record<string, { values: Float32Array; shape: number[] }>;

/** What every layer reads. */
interface Tables {
  /** `[1, 1, T, headDim / 2]`. */
  cos: Tensor;
  sin: Tensor;
  /** `[T, T]`, added to the scores. */
  mask: Tensor;
}

/**
 * The training step of a Qwen3 as it is written in plain tfjs, on tfjs's current back end: its ops, its gradients, its
 * Adam. Each call gives the loss before its update.
 */
export function tfjsTrainStep(
  shape: Shape,
  weights: Weights,
  learningRate: number,
): () => Promise<number> {
  const parameters = Object.fromEntries(
    Object.entries(weights).map(([name, { values, shape: own }]) => [
      name,
      variable(tensor(values, own)),
    ]),
  );
  const tables = tablesOf(shape);
  const tokens = trainTokens(shape);
  const ids = tensor1d(tokens.ids, 'int32');
  const targets = oneHot(tensor1d(tokens.next, 'int32'), shape.vocab) as Tensor; // rank 2
  const optimizer = train.adam(learningRate, 0.9, 0.999, 1e-8); // AdamW without decay
  const loss = (): Scalar => {
    const hidden = hiddenStates(shape, parameters, { ids, tables });
    const logits = linear(hidden, parameters['model.embed_tokens.weight']!);
    return losses.softmaxCrossEntropy(targets, logits) as Scalar; // a mean
  };
  return async () => {
    const value = optimizer.minimize(loss, true, Object.values(parameters))!;
    const [number] = await value.data();
    value.dispose();
    return number!;
  };
}

function tablesOf({ headDim, trainLength: T }: Shape): Tables {
  const { cos, sin } = ropeTables({ headDim, theta: THETA, positions: T });
  const mask = Float32Array.from({ length: T * T }, (_, i) =>
    i % T > Math.floor(i / T) ? MASKED : 0,
  );
  const rows = [1, 1, T, headDim / 2];
  return { cos: tensor(cos, rows), sin: tensor(sin, rows), mask: tensor(mask, [T, T]) };
}

/** `[B T, H]` after the final norm. */
function hiddenStates(
  shape: Shape,
  weights: Record<string, Variable>,
  { ids, tables }: { ids: Tensor; tables: Tables },
): Tensor {
  let x: Tensor = gather(weights['model.embed_tokens.weight']!, ids as Tensor);
  for (let layer = 0; layer < shape.layers; layer++) {
    const of = (name: string): Variable => weights[`model.layers.${layer}.${name}.weight`]!;
    x = add(x, attention(shape, { of, tables }, rmsNorm(x, of('input_layernorm'))));
    const normed = rmsNorm(x, of('post_attention_layernorm'));
    const gate = linear(normed, of('mlp.gate_proj'));
    const active = mul(mul(gate, sigmoid(gate)), linear(normed, of('mlp.up_proj')));
    x = add(x, linear(active, of('mlp.down_proj')));
  }
  return rmsNorm(x, weights['model.norm.weight']!);
}

function attention(
  { trainBatch: B, trainLength: T, heads, kvHeads, headDim }: Shape,
  { of, tables }: { of: (name: string) => Variable; tables: Tables },
  x: Tensor,
): Tensor {
  const split = (name: string, count: number): Tensor =>
    reshape(linear(x, of(`self_attn.${name}_proj`)), [B, T, count, headDim]);
  const placed = (name: string, count: number): Tensor => {
    const normed = rmsNorm(split(name, count), of(`self_attn.${name}_norm`));
    return rotated(transpose(normed, [0, 2, 1, 3]), tables);
  };
  // a head of keys for each of queries; tile of rank 5 would read its input
  const shared = (rows: Tensor): Tensor =>
    reshape(tile(reshape(rows, [B * kvHeads, 1, T * headDim]), [1, heads / kvHeads, 1]), [
      ...[B, heads, T, headDim],
    ]);
  const q = placed('q', heads);
  const k = shared(placed('k', kvHeads));
  const v = shared(transpose(split('v', kvHeads), [0, 2, 1, 3]));
  const scores = mul(matMul(q, k, false, true), 1 / Math.sqrt(headDim));
  const mixed = transpose(matMul(softmax(add(scores, tables.mask)), v), [0, 2, 1, 3]);
  return linear(reshape(mixed, [B * T, heads * headDim]), of('self_attn.o_proj'));
}

/** The turn of `rope`, on `[B, heads, T, headDim]`. */
function rotated(x: Tensor, { cos, sin }: Tables): Tensor {
  const [batch, heads, time, width] = x.shape as [number, number, number, number]; // of its caller
  const half = (from: number): Tensor => slice(x, [0, 0, 0, from], [batch, heads, time, width / 2]);
  const [a, b] = [half(0), half(width / 2)];
  return concat([sub(mul(a, cos), mul(b, sin)), add(mul(b, cos), mul(a, sin))], 3);
}

function rmsNorm(x: Tensor, weight: Tensor): Tensor {
  return mul(mul(x, rsqrt(add(mean(square(x), -1, true), EPS))), weight);
}

/** `x W^T`. */
function linear(x: Tensor, weight: Tensor): Tensor {
  return matMul(x, weight, false, true);
}
