import type { BeforeRun, Check } from '../check.ts';
import { gib } from '../memoryInWords.ts';

/** What is planned must fit into the machine. */
export const memoryTooSmall: Check<Pick<BeforeRun, 'memory' | 'settings'>> = ({
  memory,
  settings,
}) => {
  const { needed, there, parts } = memory;
  if (needed <= there) return undefined;
  const [largest] = Object.entries(parts).sort(([, a], [, b]) => b - a);
  const ways = [
    ...(settings.lora === undefined ? ['train an adapter (--lora 16)'] : []),
    ...(settings.stages.includes('grpo') ? ['lower --micro-batch-size'] : []),
    'shorten --max-completion-length',
  ];
  return `the run will need about ${gib(needed)} of memory (most of it ${largest?.[0] ?? 'weights'}, ${gib(largest?.[1] ?? needed)}), and ${gib(there)} are there: ${ways.join(', or ')}.`;
};
