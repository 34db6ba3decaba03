import type { Gradients } from '@molrl/qwen3';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Learner } from '../learner.ts';
import type { DialogueEpisode } from './episodes.ts';
import { openTeacher, type Teacher, type TeacherKind } from './teachers.ts';

/** The episodes of one update. */
export interface Played {
  /** Those in which something was said, group by group; at least one. */
  episodes: readonly DialogueEpisode[];
  /** That they were sampled at: log-probs and divergences are of that distribution. */
  temperature: number;
  /** Updates done. */
  step: number;
}

/** What a method makes of them. Without `gradients` there is nothing to learn from this batch. */
export interface LiveGradient {
  gradients: Gradients | undefined;
  metrics: Record<string, number>;
  warnings?: readonly string[] | undefined;
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
export const untaught =
  (
    turns: number,
    gradient: (learner: Learner, played: Played) => Promise<LiveGradient>,
  ): OpenMethod =>
  (learner) => ({
    turns,
    gradient: (played) => gradient(learner, played),
    follow: () => {},
    memory: {},
    dispose: () => {},
  });

/** What a method with a teacher works on. */
export interface Class {
  learner: Learner;
  teacher: Pick<Teacher, 'ref' | 'adapter'>;
}

/** A method with a teacher, which it opens for its learner. */
export const taught =
  (
    { teacher: kind, turns = 1 }: { teacher: TeacherKind; turns?: number | undefined },
    gradient: (both: Class, played: Played) => Promise<LiveGradient>,
  ): OpenMethod =>
  (learner) => {
    const { follow, memory, dispose, ...teacher } = openTeacher(kind, learner);
    return {
      turns,
      gradient: (played) => gradient({ learner, teacher }, played),
      ...{ follow, memory, dispose },
    };
  };

/** Episodes of the same task. */
export const siblingsOf = (
  { episodes }: Pick<Played, 'episodes'>,
  { group }: DialogueEpisode,
): DialogueEpisode[] => episodes.filter((other) => other.group === group);
