import { warn } from '#platform';
import { EfEnvError } from '../base/errors.ts';
import { mixSeeds } from '../base/random.ts';
import type { Rubric } from '../rewards/rubric.ts';
import type { Segment } from '../trajectory/segment.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';
import { type CollectOptions, checkCollectOptions, readCollectOptions } from './collectOptions.ts';
import { reportFullContexts } from './contextFull.ts';
import type { Dialogue } from './defineDialogue.ts';
import { answer, close, type LiveEpisode, open } from './liveEpisode.ts';
import { openCollection } from './openCollection.ts';
import type { Attempt, Policy } from './policy.ts';
import { reportFailures } from './reportFailures.ts';
import { listenTo, type StepLimits } from './stepWithin.ts';
import { cutAttempts } from './stopTexts.ts';

/** Who plays what. */
export interface Play<Task, Role extends string> {
  /** The public function, for messages. */
  caller: string;
  env: Dialogue<Task, Role>;
  policies: Record<Role, Policy>;
  /** Scores groups of the first role. */
  rubric?: Rubric<Task> | undefined;
}

/** The engine of `collect` and `collectDialogue`: plays episodes in waves, a turn of all of them at a time. */
export async function playEpisodes<Task, Role extends string>(
  play: Play<Task, Role>,
  given: CollectOptions<Task>,
): Promise<Record<Role, Trajectory[]>> {
  const { caller, env, policies } = play;
  const options = readCollectOptions(caller, given);
  const { groupSize = 1, maxTurns = env.maxTurns ?? 1, stepTimeout = 30_000, signal } = options;
  const concurrency = Math.min(
    options.concurrency ?? 256,
    env.concurrency ?? Number.MAX_SAFE_INTEGER,
  );
  checkCollectOptions(caller, { ...options, maxTurns, concurrency });

  const { results, pending, enterEnded } = openCollection(env, play.rubric, options);
  const cancellation = listenTo(signal);
  const limits: StepLimits = { caller, stepTimeout, cancellation };
  let alive: LiveEpisode<Task, Role>[] = [];
  const settle = async (): Promise<void> => {
    const ended = alive.filter(({ finished }) => finished);
    alive = alive.filter(({ finished }) => !finished);
    await Promise.all(ended.map((live) => close(live, limits)));
    await enterEnded(ended, limits);
  };
  try {
    // Whole groups together, so that a group's first attempts share their prompt.
    const whole = Math.max(groupSize, concurrency - (concurrency % groupSize));
    const wave = Math.min(whole, env.concurrency ?? whole);
    for (let start = 0; start < pending.length; start += wave) {
      alive = pending.slice(start, start + wave);
      await Promise.all(alive.map((live) => open(live, limits)));
      await settle();
      for (let turn = 0; alive.length > 0; turn++) {
        const speaking = env.roles.map((role) => alive.filter((live) => live.role === role));
        for (const [r, role] of env.roles.entries()) {
          const lives = speaking[r]!; // one entry per role
          if (lives.length === 0) continue;
          signal?.throwIfAborted();
          const attempts = await attempt(policies[role], { caller, lives, turn }, options);
          const answered = lives.map((live, i) => answer(live, attempts[i]!, { maxTurns, limits })); // one each
          await Promise.all(answered);
        }
        await settle();
      }
    }
  } finally {
    for (const live of alive) void close(live, limits); // cancelled, or the policy threw
    cancellation.dispose();
  }
  const [first] = env.roles;
  const played = first === undefined ? [] : pending.map(({ views }) => views[first].trajectory);
  reportFailures(caller, played, options.onWarning ?? warn);
  reportFullContexts(caller, played, options.onWarning ?? warn);
  return results;
}

/** One new policy segment per live episode, in their order. */
async function attempt<Task, Role extends string>(
  policy: Policy,
  {
    caller,
    lives,
    turn,
  }: { caller: string; lives: readonly LiveEpisode<Task, Role>[]; turn: number },
  options: CollectOptions<Task>,
): Promise<Attempt[]> {
  const { maxTokens, temperature, signal, groupSize = 1 } = options;
  const stop = options.stop ?? [];
  const seeds = lives.map((live) => mixSeeds(live.seed, 'turn', turn));
  // Complete groups that stand at the same prompt: one prompt, G continuations.
  const shared = turn === 0 && groupSize > 1 && sharePrompts(lives, groupSize);
  const prompts = lives
    .filter((_, i) => !shared || i % groupSize === 0)
    .map((live) => [...promptOf(live)]);
  const segments = await policy.generate(prompts, {
    numGenerations: shared ? groupSize : 1,
    maxTokens,
    temperature,
    seed: mixSeeds(...seeds),
    seeds,
    ...(stop.length > 0 && { stop }),
    signal,
  });
  const wanted = `${caller}: policy.generate must return ${lives.length} segments (${prompts.length} prompts x ${shared ? groupSize : 1})`;
  if (!Array.isArray(segments) || segments.length !== lives.length) {
    throw new EfEnvError('policy', `${wanted}, got ${segments?.length}.`);
  }
  const mute = segments.findIndex((segment) => typeof segment?.text !== 'string');
  if (mute >= 0) {
    const got = JSON.stringify(segments[mute]);
    throw new EfEnvError('policy', `${wanted} with a text each, got ${got} at ${mute}.`);
  }
  return cutAttempts(caller, segments, stop);
}

function promptOf<Task, Role extends string>(live: LiveEpisode<Task, Role>): Segment[] {
  return live.views[live.role].trajectory.segments;
}

function sharePrompts<Task, Role extends string>(
  lives: readonly LiveEpisode<Task, Role>[],
  groupSize: number,
): boolean {
  if (lives.length % groupSize !== 0) return false;
  return lives.every((live, i) => {
    const first = lives[i - (i % groupSize)]!; // at or before i
    const [prompt, other] = [promptOf(live), promptOf(first)];
    return (
      live.group === first.group &&
      prompt.length === other.length &&
      prompt.every(
        ({ speaker, text }, k) => speaker === other[k]!.speaker && text === other[k]!.text,
      ) // as long
    );
  });
}
