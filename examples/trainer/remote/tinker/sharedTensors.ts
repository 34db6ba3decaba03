import type { Optimizer } from '@molrl/tensor-gpu';
import { addN, type Variable } from '@tensorflow/tfjs-core';
import { createOptimizer, type OptimizerChoice } from '../../method/createOptimizer.ts';
import { readWeights, writeWeights } from '../../method/weights.ts';

/**
 * Trains an adapter as a server does that keeps several of its tensors as one: SkyRL 0.4.0 has one A for q, k and v, and one
 * for gate and up, whose gradient is the sum of theirs. Tensors that begin with the same values, and not with 0, are such.
 */
export async function sharedTensors(
  parameters: Record<string, Variable>,
): Promise<(choice: OptimizerChoice) => Optimizer> {
  const byValues = new Map<string, string[]>();
  for (const [name, values] of Object.entries(await readWeights(parameters))) {
    const key = values.some((value) => value !== 0)
      ? Buffer.from(values.buffer).toString('latin1')
      : name;
    byValues.set(key, [...(byValues.get(key) ?? []), name]);
  }
  const groups = [...byValues.values()];
  const first = Object.fromEntries(groups.map(([name]) => [name!, parameters[name!]!])); // no group is empty
  return (choice) => {
    const inner = createOptimizer(first, choice);
    return {
      ...inner,
      async step(gradients, options) {
        const sums = Object.fromEntries(
          groups.map((names) => [names[0]!, addN(names.map((name) => gradients[name]!))]), // one each
        );
        const moved = await inner.step(sums, options);
        for (const sum of Object.values(sums)) sum.dispose();
        const values = await readWeights(first);
        for (const [leader, ...others] of groups)
          for (const name of others)
            writeWeights({ [name]: parameters[name]! }, { [name]: values[leader!]! }); // both are there
        return moved;
      },
    };
  };
}
