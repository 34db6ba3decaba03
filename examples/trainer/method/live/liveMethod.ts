import type { Gradients } from '@molrl/qwen3';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Learner } from '../learner.ts';
import type { LiveEpisode } from './episodes.ts';

/** The episodes of one update. */
export interface Played {
  /** All of them, group by group. */
  episodes: readonly LiveEpisode[];
  /** G. */
  numGenerations: number;
  /** Updates done. */
  step: number;
}

/** What a method makes of them. Without `gradients` there is nothing to learn from this batch. */
export interface LiveGradient {
  gradients: Gradients | undefined;
  metrics: Record<string, number>;
  warnings: readonly string[];
}

/** A way to learn from live feedback. It belongs to one learner. */
export interface LiveMethod {
  /** Attempts per episode. */
  turns: number;
  gradient(played: Played): Promise<LiveGradient>;
  /** After each optimiser step. */
  follow(): void;
  /** What it remembers of earlier steps: `alongside` of its stage. */
  memory: Record<string, Variable>;
  dispose(): void;
}

/** Makes the method for a learner. */
export type OpenMethod = (learner: Learner) => LiveMethod;

/** A method without a teacher. */
export const untaught = (parts: Pick<LiveMethod, 'turns' | 'gradient'>): LiveMethod => ({
  ...parts,
  follow: () => {},
  memory: {},
  dispose: () => {},
});

/** Episodes of the same task. */
export const siblingsOf = ({ episodes }: Played, { group }: LiveEpisode): LiveEpisode[] =>
  episodes.filter((other) => other.group === group);
