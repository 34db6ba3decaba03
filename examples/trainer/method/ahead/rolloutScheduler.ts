/** How groups of rollouts are played ahead of the updates that learn from them. */
export interface RolloutSchedulerOptions<Group> {
  /** Groups of an update. */
  prompts: number;
  /** Updates by which the weights of a group may be behind those that learn from it. */
  maxStaleness: number;
  /** Updates already made. */
  step: number;
  /** Groups that all updates together learn from. */
  total: number;
  /** Numbers of groups that were begun before a stop; then `next` and the following. */
  waiting: readonly number[];
  next: number;
  /** Plays a group with the present weights. Aborted when it has become too old. */
  play(number: number, signal: AbortSignal): Promise<Group>;
}

/** A group that is ready. */
export interface ReadyGroup<Group> {
  number: number;
  group: Group;
  /** Updates between the weights that played it and those that learn from it. */
  staleness: number;
  /** From when it was asked for until it was there. */
  seconds: number;
}

/** What an update learns from. */
export interface RolloutBatch<Group> {
  groups: ReadyGroup<Group>[];
  /** Seconds that the trainer stood still. */
  waited: number;
  /** Groups dropped as too old since the last batch. */
  dropped: number;
}

export interface RolloutScheduler<Group> {
  /** The weights have changed: what is too old is dropped, and more is begun with the new ones. */
  advance(): void;
  /** The oldest groups that are ready, once there are enough; begins what may be played while they are learned from. */
  take(): Promise<RolloutBatch<Group>>;
  /** Numbers of groups that are begun or ready, and the next one: where a stopped run goes on. */
  position(): { waiting: number[]; next: number };
  /** Drops everything. */
  close(): void;
}

interface Entry<Group> {
  number: number;
  version: number;
  stop: AbortController;
  began: number;
  ready?: { group: Group; seconds: number };
}

/**
 * Keeps as many groups under way as may be ahead:
 *
 *     groups learned from + begun <= (updates + maxStaleness + 1) prompts
 *
 * so that what is learned from in the order in which it was begun is never older than `maxStaleness`. What is ready first is
 * learned from first, though: a group that many others overtake gets older than that, and is dropped.
 *
 * @see Fu et al. 2025, AReaL: https://arxiv.org/abs/2505.24298
 */
export function rolloutScheduler<Group>(
  options: RolloutSchedulerOptions<Group>,
): RolloutScheduler<Group> {
  const { prompts, maxStaleness, total, play } = options;
  const entries = new Map<number, Entry<Group>>();
  const again = [...options.waiting];
  let { step, next } = options;
  let taken = step * prompts;
  let dropped = 0;
  let failure: { error: unknown } | undefined;
  let wake = (): void => {};

  const begin = (number: number): void => {
    const began = performance.now();
    const entry: Entry<Group> = { number, version: step, stop: new AbortController(), began };
    entries.set(number, entry);
    play(number, entry.stop.signal).then(
      (group) => {
        entry.ready = { group, seconds: (performance.now() - began) / 1000 };
        wake();
      },
      (error: unknown) => {
        if (entry.stop.signal.aborted) return; // it was dropped
        failure ??= { error };
        wake();
      },
    );
  };
  const fill = (): void => {
    const most = Math.min(total, (step + maxStaleness + 1) * prompts);
    while (taken + entries.size < most) begin(again.shift() ?? next++);
  };
  const drop = ({ number, stop }: Entry<Group>): void => {
    entries.delete(number);
    stop.abort(new Error('too old to be learned from'));
  };
  const ready = (): Entry<Group>[] =>
    [...entries.values()].filter((entry) => entry.ready !== undefined);
  fill();
  return {
    advance() {
      step += 1;
      for (const entry of [...entries.values()]) {
        if (step - entry.version <= maxStaleness) continue;
        drop(entry);
        dropped += 1;
      }
      fill();
    },
    async take() {
      const began = performance.now();
      while (ready().length < prompts && !failure) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure) throw failure.error;
      const waited = (performance.now() - began) / 1000;
      const chosen = ready()
        .sort((a, b) => a.version - b.version || a.number - b.number)
        .slice(0, prompts);
      for (const { number } of chosen) entries.delete(number);
      taken += prompts;
      const batch = {
        groups: chosen.map(({ number, version, ready: played }) => ({
          ...{ number, ...played! }, // chosen among those
          staleness: step - version,
        })),
        ...{ waited, dropped },
      };
      dropped = 0;
      fill();
      return batch;
    },
    position: () => ({ waiting: [...entries.keys(), ...again].sort((a, b) => a - b), next }),
    close() {
      for (const entry of [...entries.values()]) drop(entry);
    },
  };
}
