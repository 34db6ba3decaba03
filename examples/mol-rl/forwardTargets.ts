import type { TokenBatch } from '@molrl/qwen3';
import { lmHead, record, selectRows } from '@molrl/tensor-gpu';
import { reshape, type Tensor, tensor1d, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { Lab } from './method/lab.ts';
import type { Targets } from './method/sequences.ts';

export interface ForwardTargetsOptions {
  /** Also KL(model || base) over the full vocabulary at each target. */
  kl: boolean;
}

/** Gradients by parameter name. */
export interface Gradients {
  byName: Record<string, Tensor>;
  dispose(): void;
}

export interface ScoredTargets {
  /** Log-probability of each target, nats, `[N]`. */
  logprobs: Float32Array;
  /** KL(model || base) at each target, nats, `[N]`; zeros when not asked for. */
  kl: Float32Array;
  /** From dLoss/dlogprobs and dLoss/dkl to dLoss/dparameters. Call it once, or `dispose`. */
  backward(
    parameters: Record<string, Variable>,
    gradient: { logprobs: ArrayLike<number>; kl?: ArrayLike<number> | undefined },
  ): Gradients;
  /** Frees everything without a backward pass. */
  dispose(): void;
}

/**
 * One forward pass on the tape: hidden states, the rows that predict a target, the chunked head. The
 * caller computes its loss in plain TypeScript and hands the gradient back.
 */
export async function forwardTargets(
  lab: Lab,
  batch: TokenBatch,
  targets: Pick<Targets, 'rows' | 'ids'>,
  options: ForwardTargetsOptions,
): Promise<ScoredTargets> {
  const { model } = lab;
  const rows = tensor1d(targets.rows, 'int32');
  const ids = tensor1d(targets.ids, 'int32');
  const pick = (hidden: Tensor): Tensor =>
    selectRows(reshape(hidden, [-1, model.config.hiddenSize]), rows);
  const refHidden = options.kl ? tidy(() => pick(lab.baseForward(batch))) : undefined;
  const ref = refHidden && { hidden: refHidden, weight: lab.baseHead() };

  const { value, tape } = record(() => {
    const head = lmHead(pick(model.forward(batch)), model.head(), ids, ref ? { ref } : {});
    return { logprobs: head.logprobs, ...(head.kl ? { kl: head.kl } : {}) };
  });
  const outputs: { logprobs: Tensor; kl?: Tensor } = value;
  const [logprobs, kl] = await Promise.all([outputs.logprobs.data(), outputs.kl?.data()]);

  const dispose = (): void => {
    tape.dispose();
    for (const tensor of [rows, ids, refHidden, outputs.logprobs, outputs.kl]) tensor?.dispose();
  };
  return {
    logprobs: logprobs as Float32Array, // lmHead gives float32
    kl: (kl as Float32Array | undefined) ?? new Float32Array(targets.ids.length),
    backward: (parameters, gradient) => {
      const cotangent = (values: ArrayLike<number>): Tensor => tensor1d(Float32Array.from(values));
      const names = Object.keys(parameters);
      const gradients = tidy(() => {
        const cotangents: [Tensor, Tensor][] = [[outputs.logprobs, cotangent(gradient.logprobs)]];
        if (outputs.kl && gradient.kl) cotangents.push([outputs.kl, cotangent(gradient.kl)]);
        return tape.backward(cotangents, Object.values(parameters));
      });
      dispose();
      return {
        byName: Object.fromEntries(names.map((name, i) => [name, gradients[i]!])), // one per parameter
        dispose: () => {
          for (const tensor of gradients) tensor.dispose();
        },
      };
    },
    dispose,
  };
}
