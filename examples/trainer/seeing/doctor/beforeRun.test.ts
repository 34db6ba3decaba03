import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Segment } from '@molrl/ef-env';
import {
  loadTokenizer,
  parseConfig,
  type Qwen3Config,
  renderSegments,
  TINY_CONFIG,
} from '@molrl/qwen3';
import { describe, expect, test } from 'vitest';
import { checkSettings } from '../../config/checkSettings.ts';
import type { TrainerConfig } from '../../config/schema.ts';
import { openGame } from '../../games/openGame.ts';
import { beforeRun } from './beforeRun.ts';
import { CHECKS_BEFORE, findings } from './checks.ts';
import { memoryInWords } from './memoryInWords.ts';
import { memoryNeeded } from './memoryNeeded.ts';

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

describe('memoryNeeded', () => {
  const smol: Qwen3Config = {
    ...TINY_CONFIG,
    ...{ vocabSize: 49_152, hiddenSize: 576, intermediateSize: 1536, numHiddenLayers: 30 },
    ...{ numAttentionHeads: 9, numKeyValueHeads: 3, headDim: 64 },
  };
  const needed = (given: TrainerConfig, lengths = { prompt: 100, sftRow: 400 }): number =>
    memoryNeeded(smol, checkSettings({ environment: 'codewords', lora: 16, ...given }), lengths)
      .needed;

  test('a batch that is cut into passes needs what one pass needs', () => {
    const grpo = (prompts: number) => needed({ grpo: { prompts, numGenerations: 16 } });
    expect(grpo(64)).toBe(grpo(16));
    expect(grpo(64)).toBeLessThan(4 * 2 ** 30);
  });

  test('a row that is longer than a pass goes alone, and is counted whole', () => {
    const sft = (sftRow: number) =>
      needed({ stages: ['sft'], sft: { data: 'rows.jsonl' } }, { prompt: 1, sftRow });
    expect(sft(4000)).toBeGreaterThan(sft(400));
  });

  test('an adapter leaves the base where its file is, and layers that are computed twice keep less', () => {
    const facts = (given: TrainerConfig) =>
      memoryNeeded(smol, checkSettings({ environment: 'codewords', lora: 16, ...given }), {
        prompt: 100,
        sftRow: 400,
      });
    const { parts, trained, parameters } = facts({});
    expect(parts['frozen weights']).toBeGreaterThan(2 * 0.99 * parameters);
    expect(parts['frozen weights']! + parts.weights!).toBeLessThan(2.2 * parameters);
    expect(trained).toBeLessThan(0.05 * parameters);
    expect(memoryInWords(facts({}))).toMatch(
      /^Memory: about \d+\.\d GiB of \d+\.\d GiB \(.*frozen weights 25\d MiB.*the process itself\)\.$/,
    );
    expect(facts({ gradientCheckpointing: true }).needed).toBeLessThan(facts({}).needed);
    expect(facts({ lora: undefined, optim: 'adamw_8bit' }).needed).toBeLessThan(
      facts({ lora: undefined }).needed,
    );
  });

  test.each(['mol', 'live', 'grpo'] as const)(
    '%s trains, and needs more than the model',
    (stage) => {
      expect(needed({ stages: [stage] })).toBeGreaterThan(needed({ stages: ['eval'] }));
    },
  );
});

describe('tasks and openings', () => {
  const tokenizer = { decode: () => '', encode: () => [] };
  const learner = {
    ...{ tokenizer, model: { config: TINY_CONFIG } },
    render: () => ({ ids: [1] }),
  };
  const factsOf = async (given: TrainerConfig, concurrency?: number) => {
    let [open, most] = [0, 0];
    const game = {
      environment: {
        ...(concurrency !== undefined && { concurrency }),
        start: () => ({
          reset: async () => {
            most = Math.max(most, ++open);
            await new Promise(setImmediate);
            return 'task';
          },
          close: async () => {
            open -= 1;
          },
        }),
      },
      nextTask: (_: unknown, position: number) => ({ position }),
      heldOut: (count: number) => Array.from({ length: count }, (_, i) => ({ held: i })),
    };
    const settings = checkSettings({ environment: 'codewords', ...given });
    const facts = await beforeRun({ settings, learner, game, sftRows: [] } as never); // what it reads of them
    return { ...facts, most };
  };

  test('the prompts of the stage `live` are looked at, as those of the others', async () => {
    const live = await factsOf({ stages: ['live'], live: { updates: 3, prompts: 5 } });
    expect(live.trainTasks).toHaveLength(15);
    const both = await factsOf({
      ...{ stages: ['collect', 'grpo'], collect: { episodes: 30 } },
      grpo: { updates: 2, prompts: 4 },
    });
    expect(both.trainTasks).toHaveLength(30);
  });

  test('a few episodes are open at a time, as few as the environment can bear', async () => {
    const grpo = { updates: 100, prompts: 4 };
    const many = await factsOf({ grpo });
    expect(many.prompts.length).toBeGreaterThan(256);
    expect(many.most).toBe(16);
    expect((await factsOf({ grpo }, 3)).most).toBe(3);
  });
});
