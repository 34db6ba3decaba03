// From rewards to advantages: how much better each completion scored than its siblings.
import { filterGroups, groupAdvantages, rewardMetrics } from '@molrl/grpo';

// Three prompts, four completions each. null = the grader could not score it.
const rewards = [1, 0, 0, 1, 0, 0, 0, 0, 0.5, null, 1, 0];
const numGenerations = 4;

const show = (name: string, values: ArrayLike<number>): void => {
  const cells = Array.from(values, (value) => value.toFixed(3).padStart(7));
  process.stdout.write(`${name.padEnd(24)} ${cells.join('')}\n`);
};

show('by group std (TRL)', groupAdvantages(rewards, { numGenerations }));
show('by group std (verl)', groupAdvantages(rewards, { numGenerations, convention: 'verl' }));
show('mean only (Dr. GRPO)', groupAdvantages(rewards, { numGenerations, scaleRewards: 'none' }));

// The second group is all wrong: no completion is better than another, nothing can be learned from it.
const { kept, fraction } = filterGroups(rewards, { numGenerations });
process.stdout.write(
  `completions with a signal: ${Array.from(kept).join(' ')} (${(100 * fraction).toFixed(0)} %)\n`,
);
process.stdout.write(`${JSON.stringify(rewardMetrics(rewards, { numGenerations }), null, 1)}\n`);
