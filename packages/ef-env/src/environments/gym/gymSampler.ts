import { checkSeed } from '../../base/checkSeed.ts';
import { EfEnvError } from '../../base/errors.ts';
import { createRandom, restoreRandom } from '../../base/random.ts';
import { readOptions } from '../../base/readOptions.ts';
import { GYM_FAMILIES, type GymFamilyName } from './gymFamilies.ts';
import { type GymTask, gymTask } from './gymTask.ts';

export interface GymSamplerOptions {
  /** Families and how often each is drawn, relative to the others. Default: all 30 alike. */
  weights?: Partial<Record<GymFamilyName, number>> | undefined;
  /** No default: two samplers would silently draw the same tasks. */
  seed: number;
  /** Level at which every family starts. Default 0. */
  level?: number | undefined;
  /** Mean of the last `window` rewards from which a family goes a level up. Default 0.8. */
  raise?: number | undefined;
  /** Mean below which it goes a level down. Default 0.2. */
  lower?: number | undefined;
  /** Rewards of one level that a decision needs. Default 16. */
  window?: number | undefined;
}

/** Where a sampler stands; plain data, for a checkpoint. */
export interface GymSamplerState {
  random: [number, number, number, number];
  families: Partial<Record<GymFamilyName, { level: number; rewards: number[] }>>;
}

export interface GymSampler {
  next(): GymTask;
  /** Reports a reward in [0, 1]; moves the family's level when its last rewards say so. */
  record(task: Pick<GymTask, 'family' | 'level'>, reward: number): void;
  level(family: GymFamilyName): number;
  state(): GymSamplerState;
}

/**
 * Draws tasks of several families by weight, each at a level that follows success: up when the mean of
 * the last `window` rewards reaches `raise`, down when it falls below `lower`.
 *
 * @param from - a state to go on from.
 * @throws {EfEnvError} `option` if no weight is positive, a family is unknown, the seed or level is no integer, or a reward is
 * no number.
 *
 * @example
 * const sampler = gymSampler({ weights: { gcd: 2, sudoku: 1 }, seed: 7 });
 * sampler.next().level; // 0
 */
export function gymSampler(options: GymSamplerOptions, from?: GymSamplerState): GymSampler {
  const given = readOptions('gymSampler', options, {
    seed: 'required',
    weights: 'optional',
    level: 'optional',
    raise: 'optional',
    lower: 'optional',
    window: 'optional',
  });
  const { weights, seed, level: start = 0, raise = 0.8, lower = 0.2, window = 16 } = given;
  const names = Object.keys(weights ?? GYM_FAMILIES) as GymFamilyName[]; // checked below
  const shares = names.map((name) => (weights === undefined ? 1 : (weights[name] ?? 0)));
  const total = shares.reduce((a, b) => a + b, 0);
  const unknown = names.find((name) => !Object.hasOwn(GYM_FAMILIES, name));
  if (
    unknown !== undefined ||
    !(total > 0 && total < Infinity) ||
    shares.some((share) => share < 0)
  ) {
    throw new EfEnvError(
      'option',
      `gymSampler: weights must be positive numbers of known families, got ${JSON.stringify(weights)}. Known: ${Object.keys(GYM_FAMILIES).join(', ')}.`,
    );
  }
  if (!Number.isInteger(window) || window < 1 || !(lower <= raise)) {
    throw new EfEnvError(
      'option',
      `gymSampler: window must be a whole number >= 1 and lower <= raise, got ${window}, ${lower} and ${raise}.`,
    );
  }
  if (!Number.isInteger(start) || start < 0) {
    throw new EfEnvError('option', `gymSampler: level must be an integer >= 0, got ${start}.`);
  }
  if (from === undefined) checkSeed('gymSampler', seed);
  const random = from === undefined ? createRandom(seed) : restoreRandom(from.random);
  const progress = new Map(
    names.map((name) => {
      const known = from?.families[name];
      const level = known?.level ?? Math.min(start, GYM_FAMILIES[name].levels - 1);
      return [name, { level, rewards: [...(known?.rewards ?? [])] }];
    }),
  );
  return {
    next: () => {
      let at = random.next() * total;
      const index = shares.findIndex((share) => {
        at -= share;
        return at < 0;
      });
      const family = names[index < 0 ? names.length - 1 : index]!; // names is not empty: total > 0
      return gymTask(family, { level: progress.get(family)!.level, seed: random.integer(2 ** 31) });
    },
    record: ({ family, level }, reward) => {
      if (!Number.isFinite(reward)) {
        throw new EfEnvError(
          'option',
          `gymSampler: a reward must be a number, got ${reward} for ${family}. Leave out what was not scored.`,
        );
      }
      const known = progress.get(family);
      if (known === undefined || known.level !== level) return; // a task drawn before the last change
      known.rewards.push(reward);
      if (known.rewards.length < window) return;
      known.rewards.splice(0, known.rewards.length - window);
      const mean = known.rewards.reduce((a, b) => a + b, 0) / window;
      const next = level + Number(mean >= raise) - Number(mean < lower);
      if (next === level || next < 0 || next >= GYM_FAMILIES[family].levels) return;
      progress.set(family, { level: next, rewards: [] });
    },
    level: (family) => progress.get(family)?.level ?? start,
    state: () => ({
      random: random.state(),
      families: Object.fromEntries(
        [...progress].map(([name, { level, rewards }]) => [name, { level, rewards: [...rewards] }]),
      ),
    }),
  };
}
