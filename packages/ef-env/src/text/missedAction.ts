import type { Turn } from './readTurn.ts';

/**
 * Why a turn holds nothing that could be judged although something was said, in words for the policy; `''` where its
 * thought is not to blame.
 *
 * @param what - What the environment waits for: `'the answer'`, `'the program'`.
 */
export function missedAction({ thought, answer }: Turn, what: string): string {
  if (thought === 'open') return `The thought was not closed: write </think> before ${what}.`;
  if (thought === 'closed' && answer.trim() === '') return `There is nothing after the thought.`;
  return '';
}
