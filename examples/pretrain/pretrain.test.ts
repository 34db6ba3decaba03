import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../processes/runProgram.ts';
import { withoutTimes } from '../processes/withoutTimes.ts';
import { readLines } from '../trainer/harness/linesFile.ts';
import type { MetricsRow } from '../trainer/harness/metricsRow.ts';

const program = fileURLToPath(new URL('../pretrain.ts', import.meta.url));
const pretrain = (...argv: string[]) => runProgram(program, argv);
/** Eight updates. */
const SHORT = ['--tokens', '32768', '--eval-tasks', '2', '--threads', '1'];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-pretrain-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function outcome(out: string) {
  const rows = await readLines<MetricsRow>(join(out, 'metrics.jsonl'));
  return {
    model: await readFile(join(out, 'model', 'model.safetensors'), 'hex'),
    results: JSON.parse(await readFile(join(out, 'results.json'), 'utf8')),
    metrics: rows.map(withoutTimes),
  };
}

test('a run that is stopped and called again is the run left alone, bit for bit; and it learns', async () => {
  const [whole, stopped] = [join(folder, 'whole'), join(folder, 'stopped')];
  expect(await pretrain(...SHORT, '--out', whole)).toMatchObject({ code: 0, stderr: '' });
  const first = await runProgram(program, [...SHORT, '--out', stopped], {
    ...{ signal: 'SIGINT', afterMs: 1500 },
  });
  expect(first.code).toBe(130);
  expect(first.stdout).toMatch(/Stopped and saved\. Continue with: npm run base/);
  const other = await pretrain(...SHORT, '--seed', '1', '--out', stopped);
  expect(other.stderr).toMatch(/holds a run with .*"seed":0.*this command has .*"seed":1/);
  expect(await pretrain(...SHORT, '--out', stopped)).toMatchObject({ code: 0, stderr: '' });
  const [expected, resumed] = [await outcome(whole), await outcome(stopped)];
  expect(resumed).toEqual(expected);
  const losses = expected.metrics.map((row) => Number((row as MetricsRow).loss));
  expect(losses).toHaveLength(8);
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.3); // eight of them
  expect(Object.keys(expected.results.domains)).toContain('chains');
}, 180_000);

test('bad input is one line that names the option, and a damaged checkpoint is told', async () => {
  const few = await pretrain('--tokens', '10');
  expect(few).toMatchObject({ code: 1 });
  expect(few.stderr).toMatch(/^pretrain: --tokens: must be an integer from 4096 .*, got 10\.\n$/);
  await writeFile(join(folder, 'checkpoint.bin'), 'nothing');
  const damaged = await pretrain(...SHORT, '--out', folder);
  expect(damaged.stderr).toMatch(/checkpoint\.bin is damaged\. Remove it/);
}, 60_000);
