import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Segment } from '@molrl/ef-env';
import { loadTokenizer, parseConfig, renderSegments } from '@molrl/qwen3';
import { expect, test } from 'vitest';
import { checkSettings } from '../../config/checkSettings.ts';
import { openGame } from '../../games/openGame.ts';
import { beforeRun } from './beforeRun.ts';
import { CHECKS_BEFORE, findings } from './checks.ts';

const base = fileURLToPath(new URL('../../../mol-rl/base/', import.meta.url));

test('reads prompts, tasks, marks and memory of a run, without its weights', async () => {
  const tokenizer = await loadTokenizer(base);
  const config = parseConfig(JSON.parse(await readFile(`${base}config.json`, 'utf8')));
  const settings = checkSettings({
    ...{ environment: 'gym', families: ['gcd'], eval: { tasks: 8 } },
    grpo: { updates: 30, prompts: 4, maxCompletionLength: 300 },
  });
  const learner = {
    ...{ tokenizer, model: { config } },
    render: (segments: readonly Segment[]) =>
      renderSegments(segments, tokenizer, { format: 'recipe' }),
  };
  const game = await openGame(settings);
  const facts = await beforeRun({ settings, learner, game, sftRows: [] });
  expect(facts.model).toEqual({ trained: 492_640, parameters: 492_640, contextLength: 1024 });
  expect(facts.missingTokens).toEqual([]);
  expect(facts.prompts).toHaveLength(120 + 8);
  expect(facts.prompts[0]!.text).toMatch(/gcd|divisor/i);
  expect(facts.trainTasks).toHaveLength(120);
  const { needed, there } = facts.memory;
  expect(needed).toBeGreaterThan(2 * 4 * 492_640);
  expect(needed).toBeLessThan(there);

  const long = checkSettings({
    ...settings,
    grpo: { ...settings.grpo, maxCompletionLength: 1000 },
  });
  const found = findings(CHECKS_BEFORE, { ...facts, settings: long });
  expect(found.map(({ check }) => check)).toContain('rowsTooLong');

  // a tokenizer that cuts the marks: the format is not the model's
  const cut = { ...tokenizer, encode: (text: string) => [...tokenizer.encode(text), 1] };
  const other = { ...learner, tokenizer: cut };
  const { missingTokens } = await beforeRun({ settings, learner: other, game, sftRows: [] });
  expect(missingTokens).toEqual(['<|im_start|>', '<|im_end|>']);
});
