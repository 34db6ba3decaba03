import {
  type Adapter,
  addGradients,
  addLora,
  type Gradients,
  type LinearModule,
  packedBatch,
  type Qwen3,
  scoreTargets,
  setAdapter,
  targetLogprobs,
} from '@molrl/qwen3';
import { adamw, type Optimizer } from '@molrl/tensor-gpu';
import { dispose, mul, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { RequestError } from '../../server/requestError.ts';
import { microBatches, tokensPerPass } from '../../trainer/method/microBatches.ts';
import { writeWeights } from '../../trainer/method/weights.ts';
import type { AdamParams } from '../protocol/adamParams.ts';
import type {
  Datum,
  ForwardBackwardOutput,
  ForwardBackwardRequest,
} from '../protocol/forwardBackward.ts';
import { checkDatum, lossFunction, type TokenLoss, tokenLoss } from './lossFunctions.ts';
import { datumScale, type Reduction, stepScale } from './reduction.ts';

export interface TrainedAdapterOptions {
  name: string;
  rank: number;
  seed: number;
  targets: readonly LinearModule[];
  reduction: Reduction;
}

/** Moments of an optimiser, as they are saved. */
export type OptimizerState = ReturnType<Optimizer['state']>;

/** An adapter that is trained: its weights, its gradients since the last step, its optimiser. Owns their memory. */
export interface TrainedAdapter {
  readonly adapter: Adapter;
  readonly rank: number;
  forwardBackward(
    request: Pick<ForwardBackwardRequest, 'data' | 'lossFn' | 'lossConfig' | 'forwardOnly'>,
  ): Promise<ForwardBackwardOutput>;
  /** @returns the norm of the gradient, before it was clipped. */
  optimStep(params: AdamParams): Promise<{ gradNorm: number }>;
  /** Undefined before the first step. */
  optimizerState(): OptimizerState | undefined;
  /** Values of another adapter of the same shapes, and its moments. */
  restore(weights: Record<string, Float32Array>, state: OptimizerState | undefined): void;
  dispose(): void;
}

/** Tinker's LoRA has it for every rank. */
export const LORA_ALPHA = 32;

type Betas = Pick<AdamParams, 'beta1' | 'beta2' | 'eps' | 'weight_decay'>;

/** The caller sees to it that nothing else uses the model meanwhile. */
export function trainedAdapter(model: Qwen3, options: TrainedAdapterOptions): TrainedAdapter {
  const { name, rank, seed, targets, reduction } = options;
  addLora(model, { name, r: rank, alpha: LORA_ALPHA, seed, targets });
  const adapter = model.adapters.get(name)!; // just added
  const passTokens = tokensPerPass(model.config, rank);
  let gradients: Gradients | undefined;
  let count = 0; // data behind them
  let optimizer: Optimizer | undefined;
  let made: Betas | undefined;
  let restored: OptimizerState | undefined;

  const optimizerFor = (betas: Betas): Optimizer => {
    const isSame = made && Object.entries(made).every(([k, v]) => betas[k as keyof Betas] === v);
    if (optimizer && isSame) return optimizer;
    const state = optimizer?.state() ?? restored;
    optimizer?.dispose();
    const { beta1, beta2, eps, weight_decay: weightDecay } = betas;
    optimizer = adamw(adapter.parameters, {
      ...{ learningRate: 0, betas: [beta1, beta2], eps, weightDecay },
    });
    if (state) optimizer.load(state);
    made = { beta1, beta2, eps, weight_decay: weightDecay };
    return optimizer;
  };
  const forget = (): void => {
    if (gradients) dispose(gradients);
    [gradients, count] = [undefined, 0];
  };
  return {
    ...{ adapter, rank },
    async forwardBackward({ data, lossFn, lossConfig: config, forwardOnly }) {
      const loss = lossFunction(lossFn, config);
      const { vocabSize } = model.config;
      for (const [index, datum] of data.entries()) checkDatum(datum, loss, { index, vocabSize });
      setAdapter(model, name);
      const outputs: Record<string, Float32Array>[] = [];
      let [added, sum]: [Gradients | undefined, number] = [undefined, 0];
      for (const part of passesOf(data, passTokens)) {
        const judge = (logprobs: Float32Array): TokenLoss[] =>
          split(logprobs, part).map((own, i) => {
            const judged = tokenLoss(loss, part[i]!, { logprobs: own, config });
            outputs.push({ logprobs: own, elementwise_loss: judged.losses });
            sum += judged.losses.reduce((total, value) => total + value, 0);
            return judged;
          });
        const own = await passGradient(model, part, { judge, forwardOnly, reduction });
        if (own) added = addGradients(added, own);
      }
      if (added) {
        gradients = addGradients(gradients, added); // all of the request or nothing
        count += data.length;
      }
      return { outputs, metrics: { 'loss:sum': sum } };
    },
    async optimStep({ learning_rate: learningRate, grad_clip_norm: clip, ...betas }) {
      if (!gradients)
        throw new RequestError(
          400,
          'optim_step: there is no gradient. Call forward_backward first.',
        );
      const scale = stepScale(reduction, count);
      if (scale !== 1) gradients = scaled(gradients, scale);
      try {
        const limits = { learningRate, ...(clip > 0 && { maxGradNorm: clip }) };
        return await optimizerFor(betas).step(gradients, limits);
      } finally {
        forget();
      }
    },
    optimizerState: () => optimizer?.state() ?? restored,
    restore(weights, state) {
      for (const [key, variable] of Object.entries(adapter.parameters)) {
        const values = weights[key];
        if (values?.length !== variable.size)
          throw new RequestError(400, `The checkpoint does not fit: ${key} has another size.`);
      }
      writeWeights(adapter.parameters, weights);
      optimizer?.dispose();
      [optimizer, restored] = [undefined, state];
    },
    dispose() {
      forget();
      optimizer?.dispose();
      adapter.dispose();
    },
  };
}

const passesOf = (data: readonly Datum[], tokens: number): Datum[][] =>
  microBatches(data, { tokens }, ({ tokens: ids }) => [{ ids, roles: [] }]);

interface PassOptions {
  judge(logprobs: Float32Array): TokenLoss[];
  forwardOnly: boolean;
  reduction: Reduction;
}

/** Every token predicts its target, whatever the next token is. @throws {RequestError} 400 where a log-prob is not finite. */
async function passGradient(
  model: Qwen3,
  part: readonly Datum[],
  { judge, forwardOnly, reduction }: PassOptions,
): Promise<Gradients | undefined> {
  const batch = packedBatch(part.map(({ tokens }) => ({ ids: tokens })));
  const ids = Int32Array.from(part.flatMap((datum) => Array.from(datum.lossInputs.target_tokens!)));
  const targets = { rows: Int32Array.from(ids, (_, i) => i), ids };
  if (forwardOnly) {
    judge(checkFinite(await targetLogprobs(model, { batch, targets })));
    return undefined;
  }
  const scored = await scoreTargets(model, batch, targets);
  try {
    const judged = judge(checkFinite(scored.logprobs));
    const logprobs = judged.flatMap(({ gradient, weight }) => {
      const scale = datumScale(reduction, weight);
      return Array.from(gradient, (value) => value * scale);
    });
    return scored.backward({ logprobs });
  } finally {
    scored.dispose();
  }
}

function checkFinite(logprobs: Float32Array): Float32Array {
  const odd = logprobs.findIndex((value) => !Number.isFinite(value));
  if (odd < 0) return logprobs;
  throw new RequestError(
    400,
    `The log-prob of token ${odd} is ${logprobs[odd]}: the weights blew up.`,
  );
}

function split(logprobs: Float32Array, part: readonly Datum[]): Float32Array[] {
  let at = 0;
  return part.map(({ tokens }) => {
    at += tokens.length;
    return logprobs.slice(at - tokens.length, at);
  });
}

function scaled(gradients: Gradients, scale: number): Gradients {
  const product = tidy(() =>
    Object.fromEntries(
      Object.entries(gradients).map(([name, value]) => [name, mul(value, scale) as Tensor]),
    ),
  );
  dispose(gradients);
  return product;
}
