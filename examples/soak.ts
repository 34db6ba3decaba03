// Kills a small run twenty times with SIGKILL at random moments: resumed each time, it must end with
// the weights, episodes and metrics of a run that was left alone. `pnpm soak [kills]`
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@molrl/ef-env';
import { killAndResume, outcome, runMolRl, SMALL_RUN } from './killAndResume.ts';

const wanted = Number(process.argv[2] ?? 20);
const folder = await mkdtemp(join(tmpdir(), 'molrl-soak-'));
const seed = Date.now() % 1_000_000;
const random = createRandom(seed);
process.stdout.write(`soak: ${wanted} kills, seed ${seed}\n`);

const whole = await runMolRl([...SMALL_RUN, '--out', join(folder, 'whole')]);
assert.equal(whole.code, 0, whole.stderr);
const expected = await outcome(join(folder, 'whole'));

let kills = 0;
for (let round = 0; kills < wanted; round++) {
  // Four kills a run, each a random part of a quarter of its work after the start.
  const moments = Array.from({ length: 4 }, () => (whole.workMs / 4) * random.next());
  const out = join(folder, `round-${round}`);
  kills += await killAndResume(out, moments);
  assert.deepEqual(await outcome(out), expected);
  process.stdout.write(`soak: ${kills} kills survived\n`);
  await rm(out, { recursive: true });
}
await rm(folder, { recursive: true });
process.stdout.write('soak: every resumed run equals the run left alone, bit by bit.\n');
