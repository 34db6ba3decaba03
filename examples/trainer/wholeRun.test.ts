import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ended } from '../processes/runProgram.ts';
import { train } from '../processes/trainerRuns.ts';
import { readLines } from './harness/linesFile.ts';
import type { MetricsRow } from './harness/metricsRow.ts';

const RUN = [
  ...['--env', 'codewords', '--stages', 'grpo', '--lora', '4', '--seed', '3', '--tasks', '4'],
  ...['--prompts', '4', '--num-generations', '4', '--max-completion-length', '52'],
  ...['--overlong-cache', '30', '--sampler-correction', 'token_truncate'],
  ...['--save-steps', '1', '--save-total-limit', '2', '--export', 'adapter,merged'],
];
/** The text moves with every update, so the first is the best. */
const BEST = [
  ...['--eval.every-steps', '1', '--metric-for-best-model', 'text_kl'],
  ...['--load-best-model-at-end'],
];

let folder = '';
let ended: Ended;
let rows: MetricsRow[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-whole-'));
  ended = await train([...RUN, ...BEST, '--grpo.updates', '3', '--out', join(folder, 'run')]);
  rows = await readLines<MetricsRow>(join(folder, 'run', 'metrics.jsonl'));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const valuesOf = (name: string): number[] =>
  rows.flatMap((row) => (row[name] === undefined ? [] : [Number(row[name])]));
const adapterOf = (run: string): Promise<string> =>
  readFile(join(folder, run, 'adapter', 'adapter_model.safetensors'), 'hex');

describe('what was set is what a run does', () => {
  test('long answers cost up to 1, and rewards of rollouts are weighted for the sampler', () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const penalties = valuesOf('rewards/overlong_penalty/mean');
    expect(penalties).toHaveLength(3);
    for (const penalty of penalties) {
      expect(penalty).toBeLessThan(0);
      expect(penalty).toBeGreaterThanOrEqual(-1);
    }
    const ratios = valuesOf('sampling/importance_sampling_ratio/mean');
    expect(ratios.length).toBeGreaterThan(0);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(1, 4); // both compute here
    expect(Math.max(...valuesOf('grad_norm'))).toBeGreaterThan(0); // it learns
  });

  test('it ends with the weights of its best evaluation: those of a run that stopped there', async () => {
    const drift = valuesOf('eval/text_kl');
    const best = 1 + drift.indexOf(Math.min(...drift));
    expect(ended.stdout).toContain(`ends with the weights of update ${best}, its best evaluation`);
    const short = await train([
      ...[...RUN, '--grpo.updates', String(best), '--out', join(folder, 'short')],
    ]);
    expect(short.code).toBe(0);
    expect(await adapterOf('run')).toBe(await adapterOf('short'));
  }, 60_000);

  test('the newest checkpoints stay, and what is exported has its card', async () => {
    const names = await readdir(join(folder, 'run', 'checkpoints'));
    expect(names.sort()).toEqual(['checkpoint-0-2.bin', 'checkpoint-1-0.bin']);
    const card = (of: string) => readFile(join(folder, 'run', of, 'README.md'), 'utf8');
    const [adapter, model] = [await card('adapter'), await card('model')];
    expect(adapter).toContain('| weights | LoRA, rank 4, alpha 8 |');
    expect(adapter).toContain('library_name: peft');
    expect(adapter).toContain('overlongCache 30');
    expect(model).toContain('library_name: transformers');
  });
});
