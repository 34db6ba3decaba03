import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@molrl/ef-env';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killAndResume, outcome, runMolRl, SMALL_RUN } from '../killAndResume.ts';

let folder = '';
let expected: Record<string, unknown> = {};
let workMs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-resume-'));
  const whole = await runMolRl([...SMALL_RUN, '--out', join(folder, 'whole')]);
  expect(whole).toMatchObject({ code: 0, stderr: '' });
  workMs = whole.workMs;
  expected = await outcome(join(folder, 'whole'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('--resume', () => {
  test('after three SIGKILLs at random moments: the same weights, episodes and metrics, bit by bit', async () => {
    const seed = Date.now() % 1_000_000;
    const random = createRandom(seed);
    // Each a random part of a third of the work after its start, so that all three should hit. A machine that got
    // faster since `workMs` was taken can end a run before its moment: then again, with earlier moments.
    for (let attempt = 0; attempt < 4; attempt++) {
      const moments = Array.from({ length: 3 }, () =>
        Math.round((workMs / (3 + attempt)) * random.next()),
      );
      const out = join(folder, `killed-${attempt}`);
      const kills = await killAndResume(out, moments);
      expect(await outcome(out), `moments ${moments} (seed ${seed})`).toEqual(expected);
      if (kills === 3) return;
    }
    expect.fail(`no attempt was killed three times (seed ${seed}, a whole run takes ${workMs} ms)`);
  }, 180_000);

  test.each([
    ['SIGINT', 130, 'grpo mol+grpo 1/3'],
    ['SIGTERM', 143, 'collect (seed 3)  24 episodes'],
  ] as const)(
    '%s saves, says how to go on, exits with %i; going on gives the same',
    async (signal, code, when) => {
      const out = join(folder, signal);
      const stopped = await runMolRl([...SMALL_RUN, '--out', out], { signal, when });
      expect(stopped.code).toBe(code);
      expect(stopped.stdout).toContain(
        `Stopped and saved. Continue with: npm start -- --out ${out} --resume`,
      );
      const resumed = await runMolRl(['--out', out, '--resume']);
      expect(resumed).toMatchObject({ code: 0, stderr: '' });
      expect(await outcome(out)).toEqual(expected);
    },
    180_000,
  );
});
