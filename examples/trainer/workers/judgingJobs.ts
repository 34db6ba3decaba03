import type { GamePart } from '../method/episodeSource.ts';

interface OfRun {
  /** Description of the run, by its hash. */
  record: string;
  part: GamePart;
  /** Milliseconds that the environment may take for one step. */
  stepTimeout: number;
}

/**
 * What an environment says next in an episode that is sampled elsewhere: first its opening, then to each attempt. A worker
 * keeps nothing between jobs, so that any can do the next: it begins the episode anew and goes through what was said.
 */
export interface AttemptJob extends OfRun {
  does: 'attempt';
  task: object;
  seed: number;
  /** Every attempt so far; the last one is to be judged. None: the opening is asked for. */
  said: readonly string[];
  /** Hash of each thing that the policy was shown before, which must be the same again. */
  told: readonly string[];
}

/** What a rubric says to the ended episodes of a task. */
export interface GroupJob extends OfRun {
  does: 'group';
  /** As `trajectoryLines` writes them. */
  episodes: string;
}

export type JudgingJob = AttemptJob | GroupJob;
