import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Policy, readBenchmark } from '@molrl/ef-env';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BenchmarkSettings, runBenchmark } from './runBenchmark.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-benchmark-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const problems = Array.from({ length: 10 }, (_, i) => ({
  problem: `${i} + 1?`,
  answer: `${i + 1}`,
}));
const benchmark = readBenchmark(problems, { name: 'sums' });
const settings: BenchmarkSettings = {
  ...{ model: 'm', problems: 'hash', temperature: 0, maxTokens: 9, seed: 1 },
  prompt: 'plain',
};

/** Right below 6, says nothing from 8 on; counts what it is asked, and breaks down after some. */
function solver(breaksAfter = Number.POSITIVE_INFINITY): { policy: Policy; asked: () => number } {
  let count = 0;
  const policy: Policy = {
    generate: async (prompts) =>
      prompts.map(([first]) => {
        if (++count > breaksAfter) throw new Error('power cut');
        const a = Number.parseInt(first!.text, 10);
        const wrong = a < 8 ? '\\boxed{0}' : '';
        const text = a < 6 ? `\\boxed{${a + 1}}` : wrong;
        return { speaker: 'assistant', kind: 'policy', turn: 0, text };
      }),
  };
  return { policy, asked: () => count };
}

test('accuracy with its Wilson interval; after a break it goes on with what is left', async () => {
  const out = join(folder, 'sums.json');
  const options = { settings, out, batch: 4 };
  const broken = runBenchmark(solver(5).policy, benchmark, options);
  await expect(broken).rejects.toThrow('power cut');
  expect(JSON.parse(await readFile(out, 'utf8')).outcomes).toHaveLength(4);
  const again = solver();
  const file = await runBenchmark(again.policy, benchmark, options);
  expect(again.asked()).toBe(6);
  expect(file).toMatchObject({ accuracy: { mean: 0.6, n: 10 }, unparsed: 2, total: 10 });
  expect(file.accuracy.ci95[0]).toBeCloseTo(0.3127, 4); // statsmodels proportion_confint(6, 10, method='wilson')
  expect(file.accuracy.ci95[1]).toBeCloseTo(0.8318, 4);
  expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(file);
  const whole = await runBenchmark(solver().policy, benchmark, {
    ...options,
    out: join(folder, 'whole.json'),
  });
  expect(whole.outcomes).toEqual(file.outcomes);
  const other = { ...options, settings: { ...settings, seed: 2 } };
  await expect(runBenchmark(again.policy, benchmark, other)).rejects.toThrow(
    /holds a result of other settings .* Give another --out/,
  );
});
