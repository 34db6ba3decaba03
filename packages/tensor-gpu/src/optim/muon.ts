import type { Variable } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { assertInteger, assertOneOf, assertRange, knownOptions } from '../base/knownOptions.ts';
import type { AdamwOptions } from './adamw.ts';
import { adamwRule, checkAdamwNumbers } from './adamwRule.ts';
import { createOptimizer } from './createOptimizer.ts';
import { type Decays, decayGroups } from './decayGroups.ts';
import { muonRule, SHAPE_FACTORS } from './muonRule.ts';
import type { Optimizer } from './optimizer.ts';
import type { UpdateRule } from './updateRule.ts';

export interface MuonOptions {
  /** Step size; a step may override it (schedules). No default: a wrong guess would train silently. */
  learningRate: number;
  /** Decay of the running mean of a matrix's gradients. Default 0.95. */
  momentum?: number | undefined;
  /** Look one step ahead along the momentum. Default true. */
  nesterov?: boolean | undefined;
  /** Newton-Schulz iterations. Default 5. */
  nsSteps?: number | undefined;
  /** Decoupled decay, of matrices and of the rest. Default 0.1, torch's. */
  weightDecay?: number | undefined;
  /** Which parameters decay. Default: all. */
  decays?: Decays | undefined;
  /**
   * What a step is multiplied by for a matrix `[rows, columns]`: `'original'` (default, Jordan's and torch's)
   * `sqrt(max(1, rows / columns))`; `'match_rms_adamw'` `0.2 sqrt(max(rows, columns))`, so that AdamW's learning rates fit.
   */
  adjustLearningRate?: keyof typeof SHAPE_FACTORS | undefined;
  /** Which parameters Muon moves; they must be matrices. Default: all of rank 2. Leave embeddings and the output matrix out. */
  matrices?: ((name: string, parameter: Variable) => boolean) | undefined;
  /** AdamW for the rest. `learningRate` defaults to Muon's, and follows it when a step overrides that. */
  adamw?: Pick<Partial<AdamwOptions>, 'learningRate' | 'betas' | 'eps'> | undefined;
}

/**
 * Muon: the momentum of each hidden matrix, made orthogonal, is its step; all other parameters move by AdamW.
 *
 *     m += (1 - momentum) (g - m)      d = g + momentum (m - g)  (nesterov)
 *     w *= 1 - lr * weightDecay
 *     w -= lr * factor(rows, columns) * newtonSchulz(d)
 *
 * The norm that `maxGradNorm` limits is over all parameters together. The iteration runs on the device's matrix products, in
 * f32, where torch rounds it to bf16.
 *
 * @param parameters - By name; the names are those of `step`'s gradients and of the state.
 * @throws {TensorGpuError} `option` for a number out of range, `shape` if `matrices` picks what is no matrix.
 *
 * @example
 * const w = variable(tensor2d([[1, 0], [0, 1]]));
 * const optimizer = muon({ w }, { learningRate: 0.1, weightDecay: 0 });
 * const { gradNorm } = await optimizer.step({ w: tensor2d([[3, 0], [0, 4]]) });
 * gradNorm; // 5
 *
 * @see Jordan et al. 2024, Muon: https://kellerjordan.github.io/posts/muon/
 * @see Liu et al. 2025, Muon is Scalable for LLM Training: https://arxiv.org/abs/2502.16982
 */
export function muon(parameters: Record<string, Variable>, options: MuonOptions): Optimizer {
  const { learningRate, matrices, adamw, decays, ...numbers } = readOptions(options);
  const { weightDecay } = numbers;
  const parts = { matrices: {}, rest: {} } as Record<string, Record<string, Variable>>;
  for (const [name, parameter] of Object.entries(parameters)) {
    const isMatrix = matrices(name, parameter);
    if (isMatrix && parameter.rank !== 2) {
      throw new TensorGpuError(
        'shape',
        `muon: ${name} must be a matrix, got [${parameter.shape}]. Leave it out in \`matrices\`: AdamW moves it then.`,
      );
    }
    parts[isMatrix ? 'matrices' : 'rest']![name] = parameter;
  }
  const scale = learningRate === 0 ? 1 : adamw.learningRate / learningRate;
  const groups = [
    ...decayGroups(parts.matrices!, { weightDecay, decays }, (group, decay) =>
      muonRule('muon', group, { ...numbers, weightDecay: decay }),
    ),
    ...decayGroups(parts.rest!, { weightDecay, decays }, (group, decay) =>
      scaled(adamwRule('muon', group, { ...adamw, weightDecay: decay }), scale),
    ),
  ];
  return createOptimizer(parameters, { caller: 'muon', learningRate, groups });
}

/** A rule at a learning rate of its own. */
function scaled(rule: UpdateRule, factor: number): UpdateRule {
  const own = <Step extends { learningRate: number }>(step: Step): Step => ({
    ...step,
    learningRate: step.learningRate * factor,
  });
  return {
    ...rule,
    update: (gradients, step) => rule.update(gradients, own(step)),
    clippedUpdate: (gradients, step, maxGradNorm) =>
      rule.clippedUpdate?.(gradients, own(step), maxGradNorm),
  };
}

function readOptions(options: MuonOptions) {
  const given = knownOptions('muon', options, [
    ...['learningRate', 'momentum', 'nesterov', 'nsSteps', 'weightDecay', 'decays'],
    ...['adjustLearningRate', 'matrices', 'adamw'],
  ]);
  const { learningRate, momentum = 0.95, nesterov = true, nsSteps = 5, weightDecay = 0.1 } = given;
  const { adjustLearningRate = 'original', decays } = given;
  const { matrices = (_: string, { rank }: Variable) => rank === 2 } = given;
  const rest = knownOptions('muon: adamw', given.adamw ?? {}, ['learningRate', 'betas', 'eps']);
  const { betas = [0.9, 0.999], eps = 1e-8 } = rest;
  const adamw = { betas, eps, learningRate: rest.learningRate ?? learningRate, weightDecay };
  assertRange('muon: learningRate', learningRate, [0, Number.MAX_VALUE]);
  assertRange('muon: momentum', momentum, [0, 1 - 2 ** -53]);
  assertOneOf('muon: nesterov', nesterov, [true, false]);
  assertInteger('muon: nsSteps', nsSteps, [1, 99]);
  assertOneOf('muon: adjustLearningRate', adjustLearningRate, Object.keys(SHAPE_FACTORS));
  assertRange('muon: adamw.learningRate', adamw.learningRate, [0, Number.MAX_VALUE]);
  checkAdamwNumbers('muon', adamw);
  return {
    ...{ learningRate, momentum, nesterov, nsSteps, weightDecay, adjustLearningRate },
    ...{ decays, matrices, adamw },
  };
}
