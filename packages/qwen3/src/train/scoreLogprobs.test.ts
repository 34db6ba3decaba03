import { openCpu } from '@molrl/tensor-gpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { createQwen3 } from '../model/createQwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { scoreLogprobs } from './scoreLogprobs.ts';

beforeAll(async () => {
  await openCpu();
});

const model = () => createQwen3(TINY_CONFIG, { seed: 1 });

describe('scoreLogprobs', () => {
  test('an empty prompt leaves the first token unknown and never shifts others', async () => {
    const qwen3 = model();
    const sequences = [
      { promptIds: [], completionIds: [1, 2] },
      { promptIds: [1], completionIds: [2, 3] },
      { promptIds: [], completionIds: [7] },
      { promptIds: [], completionIds: [] },
      { promptIds: [4], completionIds: [8] },
      { promptIds: [4], completionIds: [] },
      { promptIds: [], completionIds: [4, 8, 30] },
    ];
    const together = await scoreLogprobs(qwen3, sequences);
    expect(together.map((list) => list.length)).toEqual([2, 2, 1, 0, 1, 0, 3]);
    expect(together[0]![0]).toBeNaN();
    expect(together[2]![0]).toBeNaN();
    expect(together[0]![1]).toBeCloseTo(together[1]![0]!, 5); // both: 2 after 1
    expect(together[6]![1]).toBeCloseTo(together[4]![0]!, 5);
    for (const batchSize of [1, 2, 3]) {
      const parts = await scoreLogprobs(qwen3, sequences, { batchSize });
      for (const [i, list] of parts.entries()) {
        for (const [t, value] of list.entries()) {
          if (Number.isNaN(together[i]![t]!)) expect(value).toBeNaN();
          else expect(value).toBeCloseTo(together[i]![t]!, 5);
        }
      }
    }
    expect(await scoreLogprobs(qwen3, [])).toEqual([]);
    qwen3.dispose();
  });

  test.each<[string, unknown, object]>([
    ['temperature must be 0.000001 or more, got 0', [], { temperature: 0 }],
    ['temperature', [], { temperature: Number.NaN }],
    ['batchSize', [], { batchSize: 0 }],
    ['batchSize', [], { batchSize: 1.5 }],
    ["Did you mean 'batchSize'?", [], { batch_size: 2 }],
    ['sequences must be a list', null, {}],
    ['sequence 0: promptIds must be a list', [null], {}],
    ['sequence 0: promptIds must be a list', [{ completionIds: [1] }], {}],
    [
      'sequence 1: completionIds[0]',
      [
        { promptIds: [1], completionIds: [1] },
        { promptIds: [1], completionIds: [37] },
      ],
      {},
    ],
    ['sequence 0: promptIds[1]', [{ promptIds: [1, 1.5], completionIds: [1] }], {}],
  ])('throws `option`: %s', async (text, sequences, options) => {
    const qwen3 = model();
    await expect(scoreLogprobs(qwen3, sequences as never, options)).rejects.toThrow(
      expect.objectContaining({
        name: 'Qwen3Error',
        code: 'option',
        message: expect.stringContaining(text),
      }),
    );
    qwen3.dispose();
  });
});
