import type { Cotangent } from '@molrl/tensor-gpu';
import { scalar, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { checkNumbers, checkOptionNames } from '../base/optionChecks.ts';
import type { TargetGradients } from './scoredTargets.ts';

/** What was scored, on the tape: `[N]` each, and a scalar. */
export interface TargetTensors {
  logprobs: Tensor;
  entropies?: Tensor;
  kl?: Tensor;
  balanceLoss?: Tensor;
}

const LISTS = ['logprobs', 'entropies', 'kl'] as const;
const NAMES = [...LISTS, 'balanceLoss'] as const;
const ASK = {
  logprobs: '',
  entropies: 'entropy: true',
  kl: "ref and kl: 'reverse'",
  balanceLoss: 'balanceLoss: true',
};

/** Where the tape starts: each scored tensor with its gradient, which may be of any array type. */
export function cotangentsOf(tensors: TargetTensors, gradient: TargetGradients): Cotangent[] {
  checkOptionNames('backward', gradient, NAMES);
  const given = NAMES.filter((name) => gradient[name] !== undefined);
  if (given.length === 0) {
    throw new Qwen3Error(
      'option',
      `backward: needs the gradient of at least one of ${NAMES.join(', ')}, got none. Call dispose() to go without.`,
    );
  }
  return given.map((name) => {
    const tensor = scoredTensor(name, tensors);
    const values = gradient[name]!; // given
    checkGradient(name, name === 'balanceLoss' ? [values] : values, tensor);
    return [tensor, cotangentOf(values)];
  });
}

const cotangentOf = (values: number | ArrayLike<number>): Tensor =>
  typeof values === 'number' ? scalar(values) : tensor1d(Float32Array.from(values));

function scoredTensor(name: (typeof NAMES)[number], tensors: TargetTensors): Tensor {
  const tensor = tensors[name];
  if (tensor !== undefined) return tensor;
  throw new Qwen3Error(
    'option',
    `backward: ${name} was not scored, so it has no gradient. Give scoreTargets ${ASK[name]}.`,
  );
}

function checkGradient(name: string, values: unknown, tensor: Tensor): void {
  checkNumbers(`backward: ${name}`, values);
  if (values.length === tensor.size) return;
  throw new Qwen3Error(
    'shape',
    `backward: ${name} must have one entry per target (${tensor.size}), got ${values.length}.`,
  );
}
