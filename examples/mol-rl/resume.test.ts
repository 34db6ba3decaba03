import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcome, runMolRl, SMALL_RUN } from '../processes/molRlRuns.ts';
import { train } from '../processes/trainerRuns.ts';

let folder = '';
let whole = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-resume-'));
  whole = join(folder, 'whole');
  expect(await runMolRl([...SMALL_RUN, '--out', whole])).toMatchObject({ code: 0, stderr: '' });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

// Kills at random moments: `pnpm soak kills`.
test('--resume after SIGTERM, SIGINT and SIGKILL: the same weights, episodes and metrics, bit by bit', async () => {
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

test('npm run train repeats a run of it from its run.json: the same model and completions, bit by bit', async () => {
  const [config, out] = [join(whole, 'runs', '3-mol', 'run.json'), join(folder, 'repeated')];
  expect(await train(['--config', config, '--out', out])).toMatchObject({ code: 0, stderr: '' });
  const hex = (...path: string[]): Promise<string> => readFile(join(folder, ...path), 'hex');
  expect(await hex('repeated', 'model', 'model.safetensors')).toBe(
    await hex('whole', 'models', 'mol+grpo', 'model.safetensors'),
  );
  expect(await hex('repeated', 'completions.jsonl')).toBe(
    await hex('whole', 'runs', '3-mol', 'completions.jsonl'),
  );
}, 60_000);
