import { randomNormal, randomUniform, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { record } from '../tape/record.ts';
import type { FusedOpArguments, FusedOpDefinition, RandomTensors } from './fusedOp.ts';
import { differentiableInputs, runFusedKernel } from './runFusedKernel.ts';

/** One tensor computed by the kernel and by the reference. */
export interface CheckedTensor {
  /** `'value'`, or `'d<input>'` for a gradient. */
  what: string;
  fused: Tensor;
  reference: Tensor;
}

/**
 * Values and all gradients of an op on one example, from its kernels and from its reference, on the
 * current back end. The caller reads and disposes the tensors.
 */
export function checkExample<Arguments extends FusedOpArguments, Result extends Tensor | Tensor[]>(
  definition: FusedOpDefinition<Arguments, Result>,
  shape: readonly number[],
  seed: number,
): CheckedTensor[] {
  return tidy(() => {
    const args = definition.example(shape, randomTensors(seed));
    const fused = valuesAndGradients(definition, { args, seed }, () =>
      runFusedKernel(definition, args),
    );
    const reference = valuesAndGradients(definition, { args, seed }, () =>
      definition.reference(...args),
    );
    return fused.map(({ what, tensor }, k) => ({
      what,
      fused: tensor,
      reference: reference[k]!.tensor,
    }));
  });
}

function valuesAndGradients<Arguments extends FusedOpArguments, Result extends Tensor | Tensor[]>(
  definition: FusedOpDefinition<Arguments, Result>,
  { args, seed }: { args: Arguments; seed: number },
  forward: () => Tensor | Tensor[],
): { what: string; tensor: Tensor }[] {
  const { value, tape } = record(forward);
  const values = [value].flat();
  const random = randomTensors(seed + 1);
  const cotangents = values.map((tensor) => [tensor, random.normal(tensor.shape)] as const);
  // The arguments named in `inputs` are tensors.
  const { checked = differentiableInputs(definition) } = definition;
  const parameters = checked.map(
    (name) => [name, args[definition.inputs.indexOf(name)] as Tensor] as const,
  );
  const gradients = tape.backward(cotangents, Object.fromEntries(parameters));
  return [
    ...values.map((tensor) => ({ what: 'value', tensor })),
    ...Object.entries(gradients).map(([name, tensor]) => ({ what: `d${name}`, tensor })),
  ];
}

function randomTensors(seed: number): RandomTensors {
  let next = seed;
  return {
    normal: (shape, scale = 1) => randomNormal([...shape], 0, scale, 'float32', ++next),
    integers: (shape, below) => randomUniform([...shape], 0, below, 'int32', ++next),
  };
}

/** `max |fused - reference| / max(1, |reference|)`; NaN or infinity on one side only is infinite. */
export function relativeError(fused: ArrayLike<number>, reference: ArrayLike<number>): number {
  let worst = fused.length === reference.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < reference.length; i++) {
    const a = fused[i]!;
    const b = reference[i]!;
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
    worst = Math.max(worst, Number.isFinite(error) ? error : Number.POSITIVE_INFINITY);
  }
  return worst;
}
