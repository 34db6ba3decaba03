import {
  add,
  keep,
  mul,
  sub,
  type Tensor,
  type Tensor2D,
  tensor,
  tidy,
  type Variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { squaredNormsOf } from './globalNorm.ts';
import { newtonSchulz } from './newtonSchulz.ts';
import { StateReader, type UpdateRule } from './updateRule.ts';

/** How the step of a matrix `[rows, columns]` depends on its shape, torch's `adjust_lr_fn`. */
export const SHAPE_FACTORS = {
  original: (rows: number, columns: number): number => Math.sqrt(Math.max(1, rows / columns)),
  match_rms_adamw: (rows: number, columns: number): number =>
    0.2 * Math.sqrt(Math.max(rows, columns)),
} as const;

/** The numbers of Muon, each with its value. */
export interface MuonNumbers {
  momentum: number;
  nesterov: boolean;
  nsSteps: number;
  weightDecay: number;
  adjustLearningRate: keyof typeof SHAPE_FACTORS;
}

/** Muon of these matrices, each with its momentum. */
export function muonRule(
  caller: string,
  parameters: Readonly<Record<string, Variable>>,
  { momentum, nesterov, nsSteps, weightDecay, adjustLearningRate }: MuonNumbers,
): UpdateRule {
  const names = Object.keys(parameters);
  const variables = Object.values(parameters);
  const buffers: Tensor[] = variables.map(({ shape }) => keep(zeros(shape)));
  const replace = (index: number, next: Tensor): void => {
    buffers[index]!.dispose();
    buffers[index] = keep(next);
  };
  return {
    squaredNorms: squaredNormsOf,
    update(gradients, { clip, learningRate }) {
      for (const [index, parameter] of variables.entries()) {
        const [rows, columns] = parameter.shape as [number, number]; // matrices only
        const rate = learningRate * SHAPE_FACTORS[adjustLearningRate](rows, columns);
        tidy(() => {
          const gradient = mul(gradients[index]!, clip);
          const buffer = between(buffers[index]!, gradient, 1 - momentum);
          const direction = nesterov ? between(gradient, buffer, momentum) : buffer;
          const step = newtonSchulz(direction as Tensor2D, nsSteps);
          parameter.assign(
            sub(mul(parameter, 1 - learningRate * weightDecay), mul(step, rate)) as Tensor,
          );
          replace(index, buffer);
        });
      }
    },
    state: () =>
      Object.fromEntries(
        names.map((name, index) => [
          `${name}/momentum_buffer`,
          Float32Array.from(buffers[index]!.dataSync()), // one a name
        ]),
      ),
    async readState() {
      const read = names.map(async (name, index) => [
        `${name}/momentum_buffer`,
        Float32Array.from(await buffers[index]!.data()), // one a name
      ]);
      return Object.fromEntries(await Promise.all(read));
    },
    reader(tensors) {
      const state = new StateReader(caller, tensors);
      const loaded = Object.entries(parameters).map(([name, { size }]) =>
        state.read(`${name}/momentum_buffer`, size),
      );
      return () => {
        for (const [index, values] of loaded.entries())
          tidy(() => replace(index, tensor(Float32Array.from(values), variables[index]!.shape)));
      };
    },
    dispose() {
      for (const buffer of buffers) buffer.dispose();
    },
  };
}

/** `a + weight (b - a)`, torch's lerp. */
const between = (a: Tensor, b: Tensor, weight: number): Tensor => add(a, mul(sub(b, a), weight));
