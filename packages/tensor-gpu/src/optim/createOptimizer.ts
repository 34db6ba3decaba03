import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { markWritten } from '../backend/weightVersion.ts';
import { TensorGpuError } from '../base/errors.ts';
import { assertInteger, assertRange, knownOptions } from '../base/knownOptions.ts';
import { clipFactor, globalNorm } from './globalNorm.ts';
import type { Optimizer } from './optimizer.ts';
import type { StepScalars, UpdateRule } from './updateRule.ts';

/** Parameters that share a rule, by name. */
export interface ParameterGroup {
  names: readonly string[];
  rule: UpdateRule;
}

export interface CreateOptimizerOptions {
  /** Named in errors. */
  caller: string;
  learningRate: number;
  /** Every parameter is in one of them. */
  groups: readonly ParameterGroup[];
}

/** An optimizer from its rules: one global norm over all groups, one count of steps, one state. */
export function createOptimizer(
  parameters: Record<string, Variable>,
  { caller, learningRate, groups }: CreateOptimizerOptions,
): Optimizer {
  const variables = Object.values(parameters);
  let steps = 0;

  const squaredNorms = async (ordered: Record<string, Tensor>): Promise<Map<string, number>> => {
    // side by side: a device reads back once for all of them
    const read = groups.map(async ({ names, rule }) => {
      const own = await rule.squaredNorms(names.map((name) => ordered[name]!)); // checked by orderGradients
      return names.map((name, i) => [name, own[i]!] as const); // one a gradient
    });
    return new Map((await Promise.all(read)).flat());
  };

  /** Of a single group, on a device that clips by itself. */
  const clippedUpdate = (
    ordered: Record<string, Tensor>,
    scalars: Omit<StepScalars, 'clip'>,
    maxGradNorm: number | undefined,
  ) => {
    const [first, second] = groups;
    if (first === undefined || second !== undefined) return undefined;
    const { names, rule } = first;
    const own = names.map((name) => ordered[name]!); // checked by orderGradients
    return rule.clippedUpdate?.(own, scalars, maxGradNorm)?.then(({ squaredNorms, isDone }) => ({
      norms: new Map(names.map((name, i) => [name, squaredNorms[i]!])),
      isDone,
    }));
  };

  return {
    async step(gradients, stepOptions = {}) {
      const { learningRate: rate = learningRate, maxGradNorm } = knownOptions(
        `${caller}.step`,
        stepOptions,
        ['learningRate', 'maxGradNorm?'],
      );
      assertRange(`${caller}: learningRate`, rate, [0, Number.MAX_VALUE]);
      if (maxGradNorm !== undefined)
        assertRange(`${caller}: maxGradNorm`, maxGradNorm, [0, Number.MAX_VALUE]);
      const ordered = orderGradients(caller, parameters, gradients);
      const t = steps + 1;
      const ahead = clippedUpdate(ordered, { learningRate: rate, t }, maxGradNorm);
      if (ahead) markWritten(variables); // what is asked of the device from now on sees the update
      const done = await ahead;
      const norms = done?.norms ?? (await squaredNorms(ordered));
      const gradNorm = await globalNorm(ordered, { norms, step: t, caller });
      const clip = clipFactor(gradNorm, maxGradNorm);
      for (const { names, rule } of done?.isDone ? [] : groups) {
        const own = names.map((name) => ordered[name]!); // checked by orderGradients
        await rule.update(own, { clip, learningRate: rate, t });
      }
      markWritten(variables);
      steps = t;
      return { gradNorm };
    },
    state: () => ({
      step: steps,
      tensors: Object.assign({}, ...groups.map(({ rule }) => rule.state())),
    }),
    async readState() {
      const read = groups.map(async ({ rule }) => (await rule.readState?.()) ?? rule.state());
      return { step: steps, tensors: Object.assign({}, ...(await Promise.all(read))) };
    },
    load({ step, tensors }) {
      const readers = groups.map(({ rule }) => rule.reader(tensors));
      assertInteger(`${caller}: state.step`, step, [0]);
      for (const put of readers) put();
      steps = step;
    },
    dispose() {
      for (const { rule } of groups) rule.dispose();
    },
  };
}

function orderGradients(
  caller: string,
  parameters: Record<string, Variable>,
  gradients: Record<string, Tensor>,
): Record<string, Tensor> {
  for (const name of Object.keys(gradients)) {
    if (name in parameters) continue;
    throw new TensorGpuError(
      'missing',
      `${caller}: there is no parameter ${name} for its gradient.`,
    );
  }
  const ordered: Record<string, Tensor> = {};
  for (const [name, { shape }] of Object.entries(parameters)) {
    const gradient = gradients[name];
    if (gradient === undefined) {
      throw new TensorGpuError(
        'missing',
        `${caller}: parameter ${name} has no gradient. Give zeros, or leave it out of the optimizer.`,
      );
    }
    if (gradient.dtype !== 'float32' || String(gradient.shape) !== String(shape)) {
      throw new TensorGpuError(
        'shape',
        `${caller}: gradient of ${name} must be float32 [${shape}], got ${gradient.dtype} [${gradient.shape}].`,
      );
    }
    ordered[name] = gradient;
  }
  return ordered;
}
