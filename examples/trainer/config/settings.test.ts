import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHAT_FORMATS } from '@molrl/qwen3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import codewordsChat from '../courses/codewordsChat.ts';
import { checkSettings } from './checkSettings.ts';
import { readCommandLine } from './commandLine.ts';
import { readGiven } from './readSettings.ts';
import { FORMATS } from './schema.ts';
import { groupOfShortName, settingsTable } from './settingsTable.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-settings-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const given = (...argv: string[]) => readGiven(readCommandLine(argv));

describe('command line', () => {
  test('a setting is written with its group, or without where the stage is clear', async () => {
    expect(await given('--grpo.learning-rate', '1e-4', '--prompts', '4', '--seed', '3')).toEqual({
      grpo: { learningRate: 1e-4, prompts: 4 },
      seed: 3,
    });
    expect(await given('--stages', 'collect,mol,eval', '--updates', '7', '--alpha', '0.5')).toEqual(
      {
        stages: ['collect', 'mol', 'eval'],
        mol: { updates: 7, alpha: 0.5 },
      },
    );
  });

  test('what is on by default is switched off with --no-', async () => {
    expect(await given('--no-eval.on-start')).toEqual({ eval: { onStart: false } });
    expect(await given('--no-on-start')).toEqual({ eval: { onStart: false } });
    expect(await given('--mask-truncated-completions')).toEqual({
      grpo: { maskTruncatedCompletions: true },
    });
    expect(await given()).toEqual({});
  });

  test('wins over the file of --config, key by key', async () => {
    const file = join(folder, 'config.json');
    await writeFile(
      file,
      JSON.stringify({ $schema: 'x', environment: 'gym', grpo: { prompts: 2, updates: 9 } }),
    );
    expect(await given('--config', file, '--prompts', '5')).toEqual({
      environment: 'gym',
      grpo: { prompts: 5, updates: 9 },
    });
  });

  test('run.json of an earlier run is a config', async () => {
    const file = join(folder, 'run.json');
    await writeFile(file, JSON.stringify({ settings: { seed: 4 }, engine: {} }));
    expect(await given('--config', file)).toEqual({ seed: 4 });
  });

  test('a config in TypeScript is its default export', async () => {
    const file = join(folder, 'config.ts');
    await writeFile(file, "export default { environment: 'codewords' as const };\n");
    expect(await given('--config', file)).toEqual({ environment: 'codewords' });
    const empty = join(folder, 'empty.ts');
    await writeFile(empty, 'export const x = 1;\n');
    await expect(given('--config', empty)).rejects.toThrow(/default export, got none/);
  });
});

describe('checkSettings', () => {
  const game = { environment: 'codewords' };

  test('fills in what was not given; undefined erases nothing', () => {
    const settings = checkSettings({ ...game, seed: undefined, grpo: { prompts: 3 }, lora: 4 });
    expect(settings).toMatchObject({ seed: 0, lora: { r: 4 } });
    expect(settings.grpo).toMatchObject({ prompts: 3, numGenerations: 8, lossType: 'dapo' });
  });

  test.each([
    [
      { grpo: { learningRate: '3e-4' } },
      'grpo.learningRate: must be a number above 0, at most 1, got "3e-4".',
    ],
    [
      { grpo: { learningrate: 3e-4 } },
      "grpo.learningrate: there is no such setting. Did you mean 'learningRate'?",
    ],
    [{ grpo: { lossType: 'dpao' } }, `got "dpao". Did you mean 'dapo'?`],
    [{ evn: 'gym' }, "evn: there is no such setting. Did you mean 'eval'?"],
    [
      { stages: ['grop'] },
      `stages.0: must be one of collect, sft, mol, live, grpo, eval, got "grop". Did you mean 'grpo'?`,
    ],
    [{ environment: 'prompt' }, 'data: the environment `prompt` needs rows.'],
    [{ environment: 'prompt', data: 'x.jsonl' }, 'reward: the environment `prompt` needs one.'],
    [{ environment: 'maths' }, 'data: the environment `maths` needs rows.'],
    [{ environment: 'code' }, 'data: the environment `code` needs rows.'],
    [{ environment: 'gym+tools', data: 'x.jsonl' }, 'tools: the environment `tools` needs it.'],
    [{ environment: 'retrieval', data: 'x.jsonl' }, 'documents: the environment `retrieval` needs'],
    [{ environment: 'dialogue', data: 'x.jsonl' }, 'rule: the environment `dialogue` needs it.'],
    [{ stages: ['sft'] }, 'sft.data: the stage `sft` needs rows.'],
    [{ export: ['adapter'] }, 'export: there is an adapter only with --lora.'],
    [{ format: 'smollm' }, "Did you mean 'smollm2'?"],
    [{ live: 'sdpo' }, 'live: must be an object of settings (method, updates,'],
    [{ live: { method: 'SDPO' } }, `got "SDPO". Did you mean 'sdpo'?`],
    [
      { live: { temperature: Number.NaN } },
      'live.temperature: must be a number from 0.01 to 10, got NaN.',
    ],
    [{ stages: 'live' }, 'stages: must be a list, got "live".'],
    [
      { changes: [{ stage: 0, step: 1, rate: 1e-3 }] },
      "changes.0.rate: there is no such setting. Did you mean 'stage'? Known here: stage, step, learningRate,",
    ],
    [
      { grpo: { numGenerations: 1 } },
      'grpo.numGenerations: must be an integer from 2 to 1024, got 1.',
    ],
  ])('%j is refused with the place and the fix', (wrong, message) => {
    expect(() => checkSettings({ ...game, ...wrong })).toThrow(message);
  });

  test('an environment with worked examples of its own needs no file of them', () => {
    expect(checkSettings(codewordsChat).sft.updates).toBe(codewordsChat.sft.updates);
    const stages = ['sft', 'eval'];
    expect(checkSettings({ environment: 'gym', stages }).stages).toEqual(stages);
    const data = 'x.jsonl'; // rows with an answer are worked examples
    expect(checkSettings({ environment: 'maths', data, stages }).stages).toEqual(stages);
  });

  test('says all that is wrong at once', () => {
    expect(() => checkSettings({ ...game, seed: -1, grpo: { beta: -1 } })).toThrow(
      /^seed: .*\ngrpo\.beta: /,
    );
  });
});

describe('settings table', () => {
  test('every setting is described', () => {
    expect(settingsTable().filter(({ description }) => description === '')).toEqual([]);
    expect(settingsTable().find(({ path }) => path === 'grpo.lossType')).toMatchObject({
      kind: 'text',
    });
  });

  test('a short name belongs to the last training stage that has it', () => {
    expect(groupOfShortName('updates', ['sft', 'eval'])).toBe('sft');
    expect(groupOfShortName('updates', ['collect', 'mol', 'grpo'])).toBe('grpo');
    expect(groupOfShortName('seed', ['grpo'])).toBeUndefined();
    expect(groupOfShortName('tasks', ['grpo'])).toBe('eval');
  });
});

test('a chat format has the same name here as where it is written', () => {
  expect(FORMATS).toEqual(['auto', ...CHAT_FORMATS]);
});
