/**
 * One utterance of an episode, as environments and trainers pass them around. Declared here structurally:
 * whatever has these fields fits.
 */
export interface Segment {
  speaker: 'system' | 'user' | 'assistant' | 'tool';
  /** Written by the task, by the model being trained, or by the environment as feedback. */
  kind: 'prompt' | 'policy' | 'environment';
  turn: number;
  text: string;
  /** What was sampled, exactly. Ids win over `text`, which may not encode back to the same tokens. */
  tokens?: { ids: ArrayLike<number>; logprobs?: ArrayLike<number> | undefined } | undefined;
}
