import type { Environment, Episode } from '@molrl/ef-env';

/** A task of one game of a mix. */
export interface MixedTask {
  /** Place of the game in the mix. */
  part: number;
  task: object;
}

/** Each episode is played by the environment that its task names. */
export function mixedEnvironment(parts: readonly Environment<object>[]): Environment<MixedTask> {
  return {
    name: `mix of ${parts.map(({ name }) => name).join(', ')}`,
    maxTurns: Math.max(...parts.map(({ maxTurns = 1 }) => maxTurns)),
    concurrency: parts.reduce((least: number | undefined, { concurrency }) => {
      return concurrency === undefined ? least : Math.min(concurrency, least ?? concurrency);
    }, undefined),
    start() {
      let episode: Episode<object> | undefined;
      return {
        async reset({ part, task }, options) {
          const environment = parts[part]!; // made by nextTask or heldOut
          episode = environment.start();
          return opened(environment, await episode.reset(task, options));
        },
        step: (action, options) => episode!.step(action, options), // after reset
        close: () => episode?.close?.(),
      };
    },
  };
}

/** The system turn is that of the task's own environment. */
function opened({ system }: Environment<object>, opening: Opening): Opening {
  const turns =
    typeof opening === 'string' ? [{ speaker: 'user' as const, text: opening }] : opening;
  if (system === undefined || turns.some(({ speaker }) => speaker === 'system')) return opening;
  return [{ speaker: 'system', text: system }, ...turns];
}

type Opening = Awaited<ReturnType<Episode<object>['reset']>>;
