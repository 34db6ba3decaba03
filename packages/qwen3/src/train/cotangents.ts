import type { Cotangent } from '@molrl/tensor-gpu';
import { type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { checkNumbers, checkOptionNames } from '../base/optionChecks.ts';
import type { TargetGradients } from './scoredTargets.ts';

/** Outputs of the head on the tape, `[N]` each. */
export interface TargetTensors {
  logprobs: Tensor;
  entropies?: Tensor;
  kl?: Tensor;
}

const NAMES = ['logprobs', 'entropies', 'kl'] as const;
const ASK = { logprobs: '', entropies: 'entropy: true', kl: "ref and kl: 'reverse'" };

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
  for (const name of given) checkGradient(name, gradient[name], tensors[name]);
  return given.map((name) => [tensors[name]!, tensor1d(Float32Array.from(gradient[name]!))]); // checked above
}

function checkGradient(
  name: (typeof NAMES)[number],
  values: unknown,
  tensor: Tensor | undefined,
): void {
  if (tensor === undefined) {
    throw new Qwen3Error(
      'option',
      `backward: ${name} were not scored, so they have no gradient. Give scoreTargets ${ASK[name]}.`,
    );
  }
  checkNumbers('backward', name, values);
  if (values.length === tensor.size) return;
  throw new Qwen3Error(
    'shape',
    `backward: ${name} must have one entry per target (${tensor.size}), got ${values.length}.`,
  );
}
