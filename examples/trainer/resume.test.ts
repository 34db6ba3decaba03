import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcome, SMALL_TRAINING, train } from '../processes/trainerRuns.ts';
import { readLines } from './harness/linesFile.ts';
import type { MetricsRow } from './harness/metricsRow.ts';
import { metricsWithoutLine } from './seeing/reference/metricsTable.ts';

let folder = '';
let expected: Record<string, unknown> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-train-'));
  const out = join(folder, 'whole');
  expect(await train([...SMALL_TRAINING, '--out', out])).toMatchObject({ code: 0, stderr: '' });
  expected = await outcome(out);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('--resume', () => {
  test('a run from run.json, stopped by SIGINT and by SIGKILL, goes on to the same adapter, metrics and completions, bit by bit', async () => {
    const out = join(folder, 'stopped');
    const again = ['--config', join(folder, 'whole', 'run.json'), '--out', out];
    const first = await train(again, { signal: 'SIGINT', when: 'grpo 1/3' });
    expect(first.code).toBe(130);
    const goOn = ['--out', out, '--resume'];
    const second = await train(goOn, { signal: 'SIGKILL', when: 'grpo 2/3' });
    expect(second.signal).toBe('SIGKILL');
    expect(await train(goOn)).toMatchObject({ code: 0, stderr: '' });
    expect(await outcome(out)).toEqual(expected);
  }, 180_000);

  test('another setting is refused by name; so is a second run in the folder', async () => {
    const out = join(folder, 'whole');
    const other = await train(['--out', out, '--resume', '--prompts', '5']);
    expect(other.stderr).toContain('the run was started with grpo.prompts 4, got 5');
    const again = await train([...SMALL_TRAINING, '--out', out]);
    expect(again.stderr).toContain('holds a run already. Add --resume');
  }, 60_000);

  test('episodes that were played before a stop, in whatever order: the file is that of the run left alone', async () => {
    const [whole, stopped] = [join(folder, 'episodes'), join(folder, 'some-episodes')];
    const play = ['--env', 'codewords', '--stages', 'collect', '--episodes', '80'];
    const few = ['--max-turns', '2', '--max-completion-length', '24', '--report-to', 'none'];
    expect((await train([...play, ...few, '--out', whole])).code).toBe(0);
    const file = await readFile(join(whole, 'trajectories.jsonl'), 'utf8');
    const lines = file.trimEnd().split('\n');
    await mkdir(stopped);
    const some = lines.filter((_, i) => i % 3 === 0).reverse();
    await writeFile(join(stopped, 'trajectories.jsonl'), `${some.join('\n')}\n`);
    expect((await train([...play, ...few, '--out', stopped])).code).toBe(0);
    expect(await readFile(join(stopped, 'trajectories.jsonl'), 'utf8')).toBe(file);
    const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids.map((id) => Number(/-(\d+)-0-/.exec(id)?.[1]))).toEqual([...ids.keys()]);
  }, 60_000);

  test('every metric that a run writes is on the reference page', async () => {
    const rows = await readLines<MetricsRow>(join(folder, 'whole', 'metrics.jsonl'));
    expect(metricsWithoutLine(rows)).toEqual([]);
  });
});
