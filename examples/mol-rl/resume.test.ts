import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { outcome, runMolRl, SMALL_RUN } from '../processes/molRlRuns.ts';

let folder = '';
afterAll(() => rm(folder, { recursive: true, force: true }));

// Kills at random moments: `pnpm soak kills`.
test('--resume after SIGTERM, SIGINT and SIGKILL: the same weights, episodes and metrics, bit by bit', async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-resume-'));
  const whole = join(folder, 'whole');
  expect(await runMolRl([...SMALL_RUN, '--out', whole])).toMatchObject({ code: 0, stderr: '' });

  const out = join(folder, 'stopped');
  const saved = `Stopped and saved. Continue with: npm start -- --out ${out} --resume`;
  const goOn = ['--out', out, '--resume'];
  const collecting = { signal: 'SIGTERM', when: 'collect  24 episodes' } as const;
  const first = await runMolRl([...SMALL_RUN, '--out', out], collecting);
  expect(first).toMatchObject({ code: 143, stdout: expect.stringContaining(saved) });
  const second = await runMolRl(goOn, { signal: 'SIGINT', when: 'mol (seed 3): stages' });
  expect(second).toMatchObject({ code: 130, stdout: expect.stringContaining(saved) });
  const third = await runMolRl(goOn, { signal: 'SIGKILL', when: 'grpo 1/3' });
  expect(third.signal).toBe('SIGKILL');
  expect(await runMolRl(goOn)).toMatchObject({ code: 0, stderr: '' });
  expect(await outcome(out)).toEqual(await outcome(whole));
}, 240_000);
