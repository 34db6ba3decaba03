import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ARMS, parseOptions } from './options.ts';

const configFile = (content: object): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'molrl-options-')), 'config.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
};

describe('parseOptions', () => {
  test('without arguments: all arms, one seed, a dated folder', () => {
    const { settings, out } = parseOptions([]);
    expect(settings).toMatchObject({ arm: [...ARMS], seed: 0, seeds: 1, alpha: 0.3, updates: 120 });
    expect(out).toMatch(/^runs\/\d{4}-\d\d-\d\d_/);
  });

  test('the command line wins over the file, the file over --quick, that over the defaults', () => {
    const config = configFile({ alpha: 0.1, grpoUpdates: 7 });
    const { settings } = parseOptions(['--quick', '--config', config, '--alpha', '0.2']);
    expect(settings).toMatchObject({
      alpha: 0.2,
      grpoUpdates: 7,
      evalTasks: 64,
      learningRate: 1e-3,
    });
  });

  test('arms come from one list or several options, and run in the fixed order', () => {
    const { settings } = parseOptions(['--arm', 'mol+grpo,base', '--arm', 'ce']);
    expect(settings.arm).toEqual(['base', 'ce', 'mol+grpo']);
  });

  test('--lora brings its learning rates, unless they are given', () => {
    expect(parseOptions(['--lora', '16']).settings).toMatchObject({
      learningRate: 5e-3,
      grpoLearningRate: 2e-3,
    });
    expect(parseOptions(['--lora', '16', '--learning-rate', '1e-3']).settings.learningRate).toBe(
      1e-3,
    );
  });

  test.each<[string[], string]>([
    [['--alpha', '-1'], '--alpha: must be a number above 0, at most 100, got -1.'],
    [['--lora', '0'], '--lora: must be an integer from 1 to 512, got 0.'],
    [['--updates', '1.5'], '--updates: must be an integer from 1 to 100000, got 1.5.'],
    [['--threads', '0'], '--threads: must be an integer from 1 to 256, got 0.'],
    [['--kernels', 'cuda'], "--kernels: must be 'auto', 'native' or 'wasm', got \"cuda\"."],
    [
      ['--config', '/nowhere.json'],
      '--config: /nowhere.json cannot be read. Give the path of a JSON file.',
    ],
    [
      ['--config', configFile({ seeds: '3' })],
      '--seeds: must be an integer from 1 to 30, got "3".',
    ],
    [['--resume'], '--resume: also give --out DIR, the folder of the run to continue.'],
  ])('%j is refused with what it must be', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message);
  });

  test('an unknown key of the file is named, with the known ones', () => {
    const config = configFile({ lernRate: 1 });
    expect(() => parseOptions(['--config', config])).toThrow(
      "--config: unknown key 'lernRate'. Known: arm, seed, seeds",
    );
  });
});
