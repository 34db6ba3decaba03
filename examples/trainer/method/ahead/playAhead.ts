import { createRandom, EfEnvError, mixSeeds, type Trajectory } from '@molrl/ef-env';
import type { Learner } from '../learner.ts';
import type { PlayGroupsOptions } from '../playGroups.ts';
import type { Stage } from '../stage.ts';
import { type RolloutScheduler, rolloutScheduler } from './rolloutScheduler.ts';

export interface PlayAheadOptions<Task> extends PlayGroupsOptions<Task> {
  /** Updates that the stage makes. */
  updates: number;
  /** Updates by which the weights of rollouts may be behind those that learn from them; at least 1. */
  maxStaleness: number;
}

export interface PlayedAhead {
  /** `[P * G]`, prompt-major. */
  trajectories: Trajectory[];
  metrics: Record<string, number>;
}

/** Rollouts that are played while the model learns from earlier ones. */
export interface AheadOfUpdates {
  /** Those of the next update. */
  next(): Promise<PlayedAhead>;
  close(): void;
}

interface Group {
  trajectories: Trajectory[];
  /** Every episode of it failed. */
  failure?: EfEnvError | undefined;
}

/**
 * Plays groups ahead of the updates. Task and seeds of a group are a function of the stage's seed and the group's number;
 * which groups an update learns from depends on how fast they were, so such a run is not repeatable.
 *
 * @throws {Error} if the episodes cannot be played while the model changes.
 */
export async function playAhead<Task>(
  learner: Learner,
  stage: Stage,
  options: PlayAheadOptions<Task>,
): Promise<AheadOfUpdates> {
  const { prompts, maxStaleness, updates, signal, onWarning } = options;
  const { episodes } = learner;
  if (!episodes.publish) {
    throw new Error(
      'grpo.maxStaleness: this process samples itself, so nothing can be played while it learns. Add --workers URL or --rollouts vllm=URL, or leave it 0.',
    );
  }
  const publish = (): Promise<string> => episodes.publish!(); // was looked at
  let version = await publish();
  const scheduler: RolloutScheduler<Group> = rolloutScheduler({
    ...{ prompts, maxStaleness, step: stage.step, total: updates * prompts },
    ...{ waiting: stage.waiting ?? [], next: stage.drawn ?? stage.step * prompts },
    play: (number, stop) =>
      playGroup(learner, stage, { ...options, number, version, signal: either(signal, stop) }),
  });
  let learnedAt = stage.step;
  return {
    async next() {
      if (stage.step > learnedAt) {
        version = await publish();
        learnedAt = stage.step;
        scheduler.advance();
      }
      const { groups, waited, dropped } = await scheduler.take();
      const failures = groups.flatMap(({ group: { failure } }) => failure ?? []);
      if (failures.length === groups.length && stage.step === 0) throw failures[0];
      for (const { message } of failures) onWarning?.(message);
      const { waiting, next } = scheduler.position();
      stage.waiting = waiting;
      stage.drawn = next;
      const stale = groups.map(({ staleness }) => staleness);
      const longest = Math.max(...groups.map(({ seconds }) => seconds));
      return {
        trajectories: groups.flatMap(({ group }) => group.trajectories),
        metrics: {
          'staleness/mean': stale.reduce((sum, x) => sum + x, 0) / stale.length,
          'staleness/max': Math.max(...stale),
          'staleness/dropped': dropped,
          'staleness/in_flight': waiting.length,
          'perf/rollouts_waited_s': waited,
          'perf/rollouts_hidden_s': Math.max(0, longest - waited),
        },
      };
    },
    close: () => scheduler.close(),
  };
}

async function playGroup<Task>(
  { episodes }: Learner,
  stage: Stage,
  options: PlayAheadOptions<Task> & { number: number; version: string },
): Promise<Group> {
  const { game, numGenerations, temperature = 1, episodeTimeout = 30, number, version } = options;
  const { environment, part = 'environment' } = game;
  const random = createRandom(mixSeeds(stage.seed, 'group', number));
  const tasks = [game.nextTask(random, number)];
  const ended: Trajectory[] = [];
  const played = episodes.collect(
    { environment, part, version, draw: options.draw },
    {
      ...{ tasks, firstTask: number, groupSize: numGenerations, temperature },
      ...{ maxTokens: game.maxTokens, maxTurns: game.maxTurns, signal: options.signal },
      stepTimeout: episodeTimeout * 1000,
      seed: random.integer(2 ** 32),
      onTrajectories: (some) => void ended.push(...some),
      ...(options.onWarning && { onWarning: options.onWarning }),
    },
  );
  return played.then(
    (trajectories) => ({ trajectories }),
    (error: unknown) => {
      const isBadGroup = error instanceof EfEnvError && error.code === 'task';
      if (!isBadGroup || ended.length < numGenerations) throw error;
      return { trajectories: ended, failure: error };
    },
  );
}

const either = (one: AbortSignal | undefined, other: AbortSignal): AbortSignal =>
  one ? AbortSignal.any([one, other]) : other;
