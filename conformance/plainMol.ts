import { type MolWeightsOptions, molLoss, type Role } from '@molrl/mol-loss';
import type { Qwen3Config } from '@molrl/qwen3';
import { type Node, type Numbers, PlainTape, type Precision, type Rotary } from './plainTape.ts';

/** One sequence of a MoL batch; `roles[t]` is the role of token t as a target. */
export interface MolSequence {
  ids: ArrayLike<number>;
  roles: readonly Role[];
}

/** All that an update of a MoL run needs to know. */
export interface MolRun {
  config: Qwen3Config;
  rotary: Rotary;
  learningRate: number;
  weightDecay: number;
  maxGradNorm: number;
  mol: MolWeightsOptions;
}

export type PlainWeights = Record<string, Numbers>;

/** A MoL update's loss (before it), gradient norm (before clipping) and weights (after it; not a copy). */
export interface PlainUpdate {
  loss: number;
  gradNorm: number;
  weights: PlainWeights;
}

/**
 * MoL updates of a Qwen3 in plain loops, forwards, backwards and AdamW, at a chosen precision.
 *
 *     L = CE(environment) + alpha KL(model || first weights)(assistant, general)
 *
 * @param start - Weights by their names in a checkpoint; not modified.
 */
export function* plainMol(
  start: Record<string, ArrayLike<number>>,
  batches: readonly MolSequence[][],
  run: MolRun,
  precision: Precision,
): Generator<PlainUpdate> {
  const tape = new PlainTape(precision);
  const copy = (): PlainWeights => mapValues(start, (values) => filled(tape, values));
  const base = copy();
  const weights = copy();
  const mean = mapValues(start, ({ length }) => tape.zeros(length));
  const square = mapValues(start, ({ length }) => tape.zeros(length));
  for (const [index, batch] of batches.entries()) {
    const { loss, gradients } = molGradients(weights, base, batch, run, precision);
    let squares = 0;
    for (const gradient of Object.values(gradients)) for (const x of gradient) squares += x * x;
    const gradNorm = Math.sqrt(squares);
    const clip = Math.min(1, run.maxGradNorm / (gradNorm + 1e-6));
    for (const [name, w] of Object.entries(weights)) {
      const state = { w, m: mean[name]!, v: square[name]!, g: gradients[name]! };
      adamw(state, clip, index + 1, run);
    }
    yield { loss, gradNorm, weights };
  }
}

interface AdamwState {
  w: Numbers;
  m: Numbers;
  v: Numbers;
  g: Numbers;
}

function adamw({ w, m, v, g }: AdamwState, clip: number, step: number, run: MolRun): void {
  const [beta1, beta2, eps] = [0.9, 0.999, 1e-8]; // defaults of torch and of our adamw
  const { learningRate, weightDecay } = run;
  const exactKeep = 1 - learningRate * weightDecay;
  // torch and our kernel take the factor in the weights' precision: in f32 1 - 1e-5 is off by 1e-8, always the same way
  const keep = w instanceof Float32Array ? Math.fround(exactKeep) : exactKeep;
  for (let i = 0; i < w.length; i++) {
    const gradient = g[i]! * clip;
    m[i]! += (1 - beta1) * (gradient - m[i]!);
    v[i] = beta2 * v[i]! + (1 - beta2) * gradient * gradient;
    const root = Math.sqrt(v[i]! / (1 - beta2 ** step)) + eps;
    w[i] = w[i]! * keep - ((learningRate / (1 - beta1 ** step)) * m[i]!) / root;
  }
}

/** Loss and gradients of a batch: all sequences forwards, the loss, then all backwards. */
function molGradients(
  weights: PlainWeights,
  base: PlainWeights,
  batch: readonly MolSequence[],
  run: MolRun,
  precision: Precision,
): { loss: number; gradients: PlainWeights } {
  const parameters = mapValues(weights, (value) => new PlainTape(precision).node(value));
  const frozen = mapValues(base, (value) => new PlainTape(precision).node(value));
  const V = run.config.vocabSize;
  const scored = batch.map(({ ids }) => {
    const tape = new PlainTape(precision);
    const logits = forward(tape, parameters, ids, run);
    const refLogits = forward(new PlainTape(precision), frozen, ids, run);
    const rows = Array.from({ length: ids.length - 1 }, (_, t): ScoredRow => {
      const p = tape.logSoftmax(logits.value.slice(t * V, (t + 1) * V));
      const q = tape.logSoftmax(refLogits.value.slice(t * V, (t + 1) * V));
      let kl = 0;
      for (const [v, x] of p.entries()) kl += Math.exp(x) * (x - q[v]!);
      return { p, q, kl, target: ids[t + 1]! };
    });
    return { tape, logits, rows };
  });
  const rows = scored.flatMap((sequence) => sequence.rows);
  const { loss, logprobGradient, klGradient } = molLoss(
    {
      logprobs: rows.map(({ p, target }) => p[target]!),
      kl: rows.map(({ kl }) => kl),
      roles: batch.flatMap(({ roles }) => roles.slice(1)),
      sequenceIds: batch.flatMap(({ ids }, index) => new Array(ids.length - 1).fill(index)),
    },
    run.mol,
  );
  let n = 0;
  for (const { tape, logits, rows } of scored) {
    for (const [t, row] of rows.entries()) {
      addLogitGradient(logits.grad.subarray(t * V, (t + 1) * V), row, {
        logprob: logprobGradient[n]!,
        kl: klGradient[n]!,
      });
      n++;
    }
    tape.backward();
  }
  return { loss, gradients: mapValues(parameters, ({ grad }) => grad) };
}

/** What the loss needs of one target: log-probs of model and base over the vocabulary. */
interface ScoredRow {
  p: Numbers;
  q: Numbers;
  kl: number;
  target: number;
}

/** `d logprob / dz = 1[v = target] - p`, `d kl / dz = p (log p - log q - kl)`; p and q here are logarithms. */
function addLogitGradient(
  dz: Numbers,
  { p, q, kl, target }: ScoredRow,
  on: { logprob: number; kl: number },
): void {
  for (const [v, logp] of p.entries()) {
    const share = Math.exp(logp);
    const hit = v === target ? 1 : 0;
    dz[v] = on.logprob * (hit - share) + on.kl * share * (logp - q[v]! - kl);
  }
}

/** Qwen3 from token ids to logits `[T, V]`. */
function forward(
  tape: PlainTape,
  weights: Record<string, Node>,
  ids: ArrayLike<number>,
  { config, rotary }: MolRun,
): Node {
  const { hiddenSize: H, headDim, rmsNormEps: eps } = config;
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads } = config;
  let x = tape.embedding(weights['model.embed_tokens.weight']!, ids, H);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const of = (name: string): Node => weights[`model.layers.${layer}.${name}.weight`]!;
    const project = (input: Node, name: string, width = H): Node =>
      tape.linear(input, of(name), width);
    const rotate = (projected: Node, norm: string, count: number): Node =>
      tape.rope(tape.rmsNorm(projected, of(norm), eps), count, headDim, rotary);
    const n = tape.rmsNorm(x, of('input_layernorm'), eps);
    const q = rotate(project(n, 'self_attn.q_proj'), 'self_attn.q_norm', heads);
    const k = rotate(project(n, 'self_attn.k_proj'), 'self_attn.k_norm', kvHeads);
    const v = project(n, 'self_attn.v_proj');
    const mixed = tape.attention(q, k, v, { heads, kvHeads, headDim });
    x = tape.add(x, project(mixed, 'self_attn.o_proj', heads * headDim));
    const m = tape.rmsNorm(x, of('post_attention_layernorm'), eps);
    const inner = tape.swiglu(project(m, 'mlp.gate_proj'), project(m, 'mlp.up_proj'));
    x = tape.add(x, project(inner, 'mlp.down_proj', config.intermediateSize));
  }
  const head = config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  return tape.linear(tape.rmsNorm(x, weights['model.norm.weight']!, eps), weights[head]!, H);
}

function filled(tape: PlainTape, values: ArrayLike<number>): Numbers {
  const numbers = tape.zeros(values.length);
  numbers.set(values);
  return numbers;
}

function mapValues<T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
