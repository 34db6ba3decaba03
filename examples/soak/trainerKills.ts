import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createRandom } from '@molrl/ef-env';
import { outcome, SMALL_TRAINING, train } from '../processes/trainerRuns.ts';
import { listCheckpoints } from '../trainer/harness/runState.ts';
import type { SoakPart } from './soakPart.ts';

/** Kills of one run. */
const KILLS = 4;

/**
 * Kills the trainer with SIGKILL at random moments of every stage: resumed each time, it must end with the adapter, metrics,
 * completions and evaluations of a run that was left alone.
 */
export const soakTrainer: SoakPart = async ({ count, seed, write }) => {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-soak-trainer-'));
  const random = createRandom(seed);
  const whole = await train([...SMALL_TRAINING, '--out', join(folder, 'whole')]);
  if (whole.code !== 0) return { faults: [`the run left alone failed: ${whole.stderr}`] };
  const expected = await outcome(join(folder, 'whole'));
  const hit = new Map<string, number>();

  let kills = 0;
  for (let round = 0; kills < count; round++) {
    const out = join(folder, `round-${round}`);
    for (let k = 0; k <= KILLS; k++) {
      const isBegun = (await listCheckpoints(out)).length > 0;
      const argv = isBegun ? ['--out', out, '--resume'] : [...SMALL_TRAINING, '--out', out];
      const afterMs = (whole.workMs / KILLS) * 1.6 * random.next();
      const ended = await train(argv, k < KILLS ? { signal: 'SIGKILL', afterMs } : {});
      if (ended.signal === 'SIGKILL') {
        kills += 1;
        const place = (await listCheckpoints(out))[0]?.match(/checkpoint-(\d+)/)?.[1] ?? 'start';
        hit.set(place, (hit.get(place) ?? 0) + 1);
      } else if (ended.code !== 0) return { faults: [`${out} failed: ${ended.stderr}`] };
      else break; // it ended before its moment
    }
    if (!isDeepStrictEqual(await outcome(out), expected))
      return { faults: [`${out} differs from the run left alone in ${join(folder, 'whole')}`] };
    write(`trainer: ${kills} of ${count} survived`);
    await rm(out, { recursive: true });
  }
  await rm(folder, { recursive: true });
  const places = [...hit].sort().map(([place, times]) => `${place}: ${times}`);
  return {
    faults: [],
    note: `every resumed run equals the run left alone, bit by bit; kills by stage ${places.join(', ')}`,
  };
};
