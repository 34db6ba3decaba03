import type { Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { assertOneOf, knownOptions } from '../base/knownOptions.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import type { FusedOp } from '../fused/fusedOp.ts';
import type { Weight } from '../weights/mappedTensor.ts';
import {
  type LmHeadAttributes,
  type LmHeadJsdAttributes,
  lmHeadJsdReference,
  lmHeadKlReference,
  lmHeadReference,
} from './lmHeadReference.ts';
import { operand, type StoredOps, storedOps } from './storedOps.ts';

export type LmHeadOptions = {
  /** Divides the logits, and those of `ref`, before the softmax. Default 1. */
  temperature?: number | undefined;
  /** Also return the entropy of each position's distribution. Default `false`. */
  entropy?: boolean | undefined;
  /** Hidden states `[N, H]` and head `[V, H]` of the frozen base; asks for `kl`. Gets no gradient. */
  ref?: { hidden: Tensor; weight: Weight } | undefined;
} & (
  | {
      /** `'reverse'`: KL(student || base), the default. `'forward'`: KL(base || student). */
      direction?: 'reverse' | 'forward' | undefined;
      jsdBeta?: undefined;
    }
  | {
      /** Generalised Jensen-Shannon. */
      direction: 'jsd';
      /** Share of the base in the mixture, between 0 and 1. Default 0.5. */
      jsdBeta?: number | undefined;
    }
);

/** Per position, in nats. */
export interface LmHeadResult {
  logprobs: Tensor;
  entropy?: Tensor | undefined;
  kl?: Tensor | undefined;
}

export const lmHeadOp: FusedOp<
  [hidden: Tensor, weight: Tensor, targets: Tensor, options: LmHeadAttributes],
  Tensor[]
> = defineFusedOp({
  name: 'lmHead', // kernels/lmHead.c, backend/cpu/kernels/lmHead.ts
  inputs: ['hidden', 'weight', 'targets'],
  differentiable: ['hidden', 'weight'],
  outputs: ['logprobs', 'entropy', 'logsumexp'],
  returns: 2,
  saves: ['hidden', 'weight', 'targets', 'entropy', 'logsumexp'],
  keeps: 'kept',
  reference: lmHeadReference,
  tolerance: 5e-5,
  example: (shape, random) => {
    const { hidden, weight, targets } = exampleHead(shape, random);
    return [hidden, weight, targets, { temperature: 0.7, entropy: true, direction: 'reverse' }];
  },
});

export const lmHeadKlOp: FusedOp<
  [
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    refHidden: Tensor,
    refWeight: Tensor,
    options: LmHeadAttributes,
  ],
  Tensor[]
> = defineFusedOp({
  name: 'lmHeadKl', // kernels/lmHead.c, backend/cpu/kernels/lmHead.ts
  inputs: ['hidden', 'weight', 'targets', 'refHidden', 'refWeight'],
  differentiable: ['hidden', 'weight'],
  outputs: ['logprobs', 'entropy', 'kl', 'logsumexp', 'refLogsumexp'],
  returns: 3,
  saves: [
    ...['hidden', 'weight', 'targets', 'refHidden', 'refWeight'],
    ...['entropy', 'kl', 'logsumexp', 'refLogsumexp'],
  ],
  keeps: 'kept',
  reference: lmHeadKlReference,
  tolerance: 5e-5,
  example: (shape, random) => {
    const { hidden, weight, targets } = exampleHead(shape, random);
    const ref = exampleHead(shape, random);
    const options = { temperature: 0.7, entropy: true, direction: 'reverse' } as const;
    return [hidden, weight, targets, ref.hidden, ref.weight, options];
  },
});

export const lmHeadJsdOp: FusedOp<
  [
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    refHidden: Tensor,
    refWeight: Tensor,
    options: LmHeadJsdAttributes,
  ],
  Tensor[]
> = defineFusedOp({
  name: 'lmHeadJsd', // kernels/lmHeadJsd.c, backend/cpu/kernels/lmHeadJsd.ts
  inputs: ['hidden', 'weight', 'targets', 'refHidden', 'refWeight'],
  differentiable: ['hidden', 'weight'],
  outputs: ['logprobs', 'entropy', 'jsd', 'pull', 'logsumexp', 'refLogsumexp'],
  returns: 3,
  saves: [
    ...['hidden', 'weight', 'targets', 'refHidden', 'refWeight'],
    ...['entropy', 'pull', 'logsumexp', 'refLogsumexp'],
  ],
  reference: lmHeadJsdReference,
  tolerance: 5e-5,
  example: (shape, random) => {
    const { hidden, weight, targets } = exampleHead(shape, random);
    const ref = exampleHead(shape, random);
    const options = { temperature: 0.7, entropy: true, jsdBeta: 0.3 };
    return [hidden, weight, targets, ref.hidden, ref.weight, options];
  },
});

/** With a frozen head. */
export const lmHeadStored: StoredOps = storedOps(lmHeadOp, ['weight']);

/** With a frozen head and a frozen head of the base. */
export const lmHeadKlStored: StoredOps = storedOps(lmHeadKlOp, ['weight', 'refWeight']);
export const lmHeadJsdStored: StoredOps = storedOps(lmHeadJsdOp, ['weight', 'refWeight']);

/**
 * Language-model head: what losses need of the logits `z = hidden weight^T / temperature`, without
 * ever holding `[N, V]`. The kernels work through tiles of tokens and vocabulary; the forward pass
 * keeps one log-sum-exp per position, and on the CPU, where a gradient may be asked for, at most 192 MiB of
 * tiles (not for `jsd`). The backward pass computes the others again.
 *
 *     logprobs = z[target] - logsumexp(z)                    dz = 1[v = target] - p[v]
 *     entropy  = -sum_v p[v] log p[v]                        dz = -p[v] (log p[v] + entropy)
 *     kl       = sum_v p[v] (log p[v] - log q[v])            dz = p[v] (log p[v] - log q[v] - kl)
 *     forward:   sum_v q[v] (log q[v] - log p[v])            dz = p[v] - q[v]
 *     jsd:       (1 - b) KL(p || m) + b KL(q || m)           dz = (1 - b) p[v] (log p[v] - log m[v] - KL(p || m))
 *                m = (1 - b) p + b q
 *
 * @param hidden - `[N, H]`: hidden states of the positions that predict.
 * @param weight - `[V, H]`, also of `mapTensor` or `storedTensor` (as that of `ref`): frozen, read as it lies.
 * @param targets - int32 `[N]`: the token that each position should predict.
 * @throws {TensorGpuError} `shape` if shapes do not fit, `dtype` if targets are not int32, `option`
 * if temperature is not finite and > 0, or an option is unknown.
 *
 * @example
 * const hidden = tensor2d([[0, 0]]);
 * const head = tensor2d([[1, 2], [3, 4]]);
 * const { logprobs, kl } = lmHead(hidden, head, tensor1d([1], 'int32'), {
 *   ref: { hidden: tensor2d([[5, 0]]), weight: head }, // such as the adapter switched off
 * });
 * logprobs.dataSync(); // Float32Array [-0.6931]
 * kl.dataSync(); // Float32Array [4.3069]
 */
// biome-ignore lint/complexity/useMaxParams: operands of the op
export function lmHead(
  hidden: Tensor,
  weight: Weight,
  targets: Tensor,
  options: LmHeadOptions = {},
): LmHeadResult {
  const names = ['temperature', 'entropy', 'ref?', 'direction', 'jsdBeta'];
  const given = knownOptions('lmHead', options, names);
  const { temperature = 1, entropy = false, ref, direction = 'reverse', jsdBeta = 0.5 } = given;
  assertOneOf('lmHead: direction', direction, ['reverse', 'forward', 'jsd']);
  assertOneOf('lmHead: entropy', entropy, [true, false]);
  checkHead({ hidden, weight, targets, ref });
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new TensorGpuError(
      'option',
      `lmHead: temperature must be finite and > 0, got ${temperature}.`,
    );
  }
  if (!(jsdBeta > 0 && jsdBeta < 1)) {
    throw new TensorGpuError(
      'option',
      `lmHead: jsdBeta must be above 0 and below 1, got ${jsdBeta}. Its ends are the directions 'forward' and 'reverse'.`,
    );
  }
  const [logprobs, entropies, kl] = headOp({ hidden, weight, targets, ref }, direction, {
    ...{ temperature, entropy, jsdBeta },
  });
  if (!entropy) entropies!.dispose();
  return { logprobs: logprobs!, ...(entropy && { entropy: entropies! }), ...(ref && { kl: kl! }) };
}

/** The op for what is asked. */
function headOp(
  { hidden, weight, targets, ref }: HeadInputs,
  direction: 'reverse' | 'forward' | 'jsd',
  attributes: LmHeadJsdAttributes,
): Tensor[] {
  const { temperature, entropy } = attributes;
  if (ref === undefined) {
    const none = { temperature, entropy, direction: 'reverse' } as const; // not read without a base
    return lmHeadOp(hidden, operand(weight, lmHeadStored), targets, none);
  }
  const stored = direction === 'jsd' ? lmHeadJsdStored : lmHeadKlStored;
  const [head, refHead] = [operand(weight, stored), operand(ref.weight, stored)];
  return direction === 'jsd'
    ? lmHeadJsdOp(hidden, head, targets, ref.hidden, refHead, attributes)
    : lmHeadKlOp(hidden, head, targets, ref.hidden, refHead, { temperature, entropy, direction });
}

interface HeadInputs {
  hidden: Tensor;
  weight: Weight;
  targets: Tensor;
  ref: LmHeadOptions['ref'];
}

function checkHead({ hidden, weight, targets, ref }: HeadInputs): void {
  const [tokens, width] = hidden.shape;
  const fits =
    hidden.rank === 2 &&
    weight.shape.length === 2 &&
    weight.shape[1] === width &&
    targets.shape.join() === `${tokens}`;
  if (!fits) {
    throw new TensorGpuError(
      'shape',
      `lmHead: hidden [N,H], weight [V,H], targets [N] must fit, got [${hidden.shape}], [${weight.shape}], [${targets.shape}]. Reshape them.`,
    );
  }
  if (targets.dtype !== 'int32') {
    throw new TensorGpuError(
      'dtype',
      `lmHead: targets must be int32, got ${targets.dtype}. Cast them.`,
    );
  }
  if (ref === undefined) return;
  const refFits =
    ref.hidden.rank === 2 &&
    ref.hidden.shape[0] === tokens &&
    ref.weight.shape.length === 2 &&
    ref.weight.shape[0] === weight.shape[0] &&
    ref.weight.shape[1] === ref.hidden.shape[1];
  if (refFits) return;
  throw new TensorGpuError(
    'shape',
    `lmHead: ref.hidden [${tokens},H0] and ref.weight [${weight.shape[0]},H0] must fit, got [${ref.hidden.shape}] and [${ref.weight.shape}]. The base must have the same tokens and vocabulary.`,
  );
}

function exampleHead(
  shape: readonly number[],
  random: Parameters<typeof lmHeadOp.definition.example>[1],
): { hidden: Tensor; weight: Tensor; targets: Tensor } {
  const width = shape.at(-1)!;
  const tokens = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return {
    hidden: random.normal([tokens, width], 1 / Math.sqrt(width)),
    weight: random.normal([21, width]),
    targets: random.integers([tokens], 21),
  };
}
