import type { TrainerSettings } from '../config/schema.ts';

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** The arithmetic of a batch of rollouts: `8 prompts × 8 samples = 64 completions, 4 micro-batches of 16, 2 updates per rollout, …`. */
export function batchInWords(settings: TrainerSettings['grpo'], tokensPerPass: number): string {
  const { prompts, numGenerations, numIterations, miniBatches, updates } = settings;
  const completions = prompts * numGenerations;
  const part = Math.ceil(completions / miniBatches);
  const micro = settings.microBatchSize && Math.min(settings.microBatchSize, part);
  const cut = micro
    ? `${counted(miniBatches * Math.ceil(part / micro), 'micro-batch', 'micro-batches')} of ${micro}`
    : `micro-batches of at most ${tokensPerPass.toLocaleString('en-US')} tokens`;
  const passes = [
    ...(numIterations > 1 ? [counted(numIterations, 'pass', 'passes')] : []),
    ...(miniBatches > 1 ? [`${miniBatches} parts of ${part}`] : []),
  ];
  return [
    `${counted(prompts, 'prompt')} × ${counted(numGenerations, 'sample')} = ${counted(completions, 'completion')}`,
    cut,
    `${counted(numIterations * miniBatches, 'update')} per rollout${passes.length > 0 ? ` (${passes.join(' of ')})` : ''}`,
    counted(updates, 'rollout'),
  ].join(', ');
}
