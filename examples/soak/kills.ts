import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createRandom } from '@molrl/ef-env';
import { killAndResume, outcome, runMolRl, SMALL_RUN } from '../processes/molRlRuns.ts';
import type { SoakPart } from './soakPart.ts';

/**
 * Kills a small run with SIGKILL at random moments: resumed each time, it must end with the weights,
 * episodes and metrics of a run that was left alone.
 */
export const soakKills: SoakPart = async ({ count, seed, write }) => {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-soak-'));
  const random = createRandom(seed);
  const whole = await runMolRl([...SMALL_RUN, '--out', join(folder, 'whole')]);
  if (whole.code !== 0) return { faults: [`the run left alone failed: ${whole.stderr}`] };
  const expected = await outcome(join(folder, 'whole'));

  let kills = 0;
  for (let round = 0; kills < count; round++) {
    // Four kills a run, each a random part of a quarter of its work after the start.
    const moments = Array.from({ length: 4 }, () => (whole.workMs / 4) * random.next());
    const out = join(folder, `round-${round}`);
    kills += await killAndResume(out, moments);
    if (!isDeepStrictEqual(await outcome(out), expected))
      return { faults: [`${out} differs from the run left alone in ${join(folder, 'whole')}`] };
    write(`kills: ${kills} of ${count} survived`);
    await rm(out, { recursive: true });
  }
  await rm(folder, { recursive: true });
  return { faults: [], note: 'every resumed run equals the run left alone, bit by bit' };
};
