/**
 * Named ways to ask a maths problem.
 *
 * - `'boxed'`: the problem, then the wish for an answer in a box, which every grader here reads.
 * - `'plain'`: the problem and nothing else.
 *
 * Published figures belong to the query they were measured with: to compare with one, give `evaluate` that query as a
 * function.
 */
export const PROMPT_PRESETS: Record<PromptPreset, (problem: string) => string> = {
  boxed: (problem) => `${problem}\n\nReason step by step and put the final answer in \\boxed{}.`,
  plain: (problem) => problem,
};

export type PromptPreset = 'boxed' | 'plain';
