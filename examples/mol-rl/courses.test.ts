import { describe, expect, test } from 'vitest';
import { checkSettings } from '../trainer/config/checkSettings.ts';
import codewords from '../trainer/courses/codewords.ts';
import { coursesOf } from './courses.ts';
import { parseOptions } from './options.ts';

const courses = (...argv: string[]) => coursesOf(parseOptions(argv).settings, 'out');
const plan = (...argv: string[]) =>
  courses(...argv).map(({ out, config, arms }) => [out, config.stages.join(), arms.join()]);

describe('coursesOf', () => {
  test('all arms of a seed are five runs of the trainer, each measured once for every arm on its way', () => {
    expect(plan()).toEqual([
      ['out/runs/0-base', 'eval,collect', 'base'],
      ['out/runs/0-grpo', 'grpo,eval', 'grpo'],
      ['out/runs/0-ce', 'mol,eval,grpo,eval', 'ce,ce+grpo'],
      ['out/runs/0-replay', 'mol,eval,grpo,eval', 'replay,replay+grpo'],
      ['out/runs/0-mol', 'mol,eval,grpo,eval', 'mol,mol+grpo'],
    ]);
  });

  test.each([
    ['mol+grpo', ['collect', 'mol,grpo,eval']],
    ['ce', ['collect', 'mol,eval']],
    ['base', ['eval']],
    ['grpo,base', ['eval', 'grpo,eval']],
  ])('%s runs what it needs', (arm, stages) => {
    expect(courses('--arm', arm).map(({ config }) => config.stages.join())).toEqual(stages);
  });

  test('every seed has episodes of its own, and its runs learn from those', () => {
    const found = courses('--arm', 'ce', '--seed', '4', '--seeds', '2');
    expect(found.map(({ config }) => [config.seed, config.mol?.data])).toEqual([
      [4, undefined],
      [4, 'out/runs/4-base/trajectories.jsonl'],
      [5, undefined],
      [5, 'out/runs/5-base/trajectories.jsonl'],
    ]);
  });

  test("without options it is the trainer's codewords configuration, but for what tells the arms apart", () => {
    const { config } = courses('--arm', 'mol+grpo').at(-1)!;
    const { data, ...mol } = checkSettings(config).mol;
    const usual = checkSettings(codewords);
    expect({ ...checkSettings(config), mol }).toEqual({
      ...{ ...usual, stages: ['mol', 'grpo', 'eval'] },
      eval: { ...usual.eval, onStart: false }, // the base is a run of its own
    });
  });

  test('options reach the settings', () => {
    const given = ['--lora', '4', '--grpo-updates', '7', '--checkpoint-every', '3', '--alpha', '2'];
    const { config } = courses('--arm', 'mol', ...given).at(-1)!;
    expect(checkSettings(config)).toMatchObject({
      ...{ lora: { r: 4 }, saveSteps: 3, grpo: { updates: 7, learningRate: 2e-3 } },
      mol: { method: 'mol', alpha: 2, learningRate: 5e-3 },
    });
  });
});
