import { afterThinking } from '../../text/afterThinking.ts';

/** What a policy asks for or says. */
export interface SearchAction {
  kind: 'search' | 'answer';
  text: string;
}

/**
 * The first `<search>query</search>` or `<answer>answer</answer>` after the last `</think>`, or `null`. A tag that
 * is not closed goes to the end: samplers stop at the closing one and may leave it out.
 *
 * @see Jin et al. 2025, Search-R1, whose tags these are: https://arxiv.org/abs/2503.09516
 */
export function readSearchAction(completion: string): SearchAction | null {
  const found = /<(search|answer)>([\s\S]*?)(?:<\/\1>|$)/.exec(afterThinking(completion));
  const text = found?.[2]?.trim();
  if (!text) return null;
  return { kind: found?.[1] === 'search' ? 'search' : 'answer', text };
}
