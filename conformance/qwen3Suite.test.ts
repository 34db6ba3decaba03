import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { familySuite } from './qwen3Models.ts';
import { runSuite } from './qwen3Suite.ts';

const failuresOf = async (body: Parameters<typeof runSuite>[1]): Promise<string[]> =>
  (await runSuite('x', body)).failures;

describe('runSuite', () => {
  test('counts, and passes what is within the tolerance of the largest value', async () => {
    const result = await runSuite('x', (check) => {
      check.close('near', [100, 1.001], [100, 1], 1e-4);
      check.close('far', [100, 1.1], [100, 1], 1e-4);
      check.within('loss', 2.0001, 2, 1e-3);
    });
    expect(result).toMatchObject({ passed: 2, failed: 1, absent: false, floor: 1 });
    expect(result.failures[0]).toContain('far: error 1.00e-3');
  });

  test.each([
    ['NaN', [Number.NaN, 1], [1, 1]],
    ['another length', [1], [1, 1]],
    ['nothing', [], [1]],
    ['something where 0 is expected', [1e-3], [0]],
  ])('%s never passes', async (_, actual, expected) => {
    expect(await failuresOf((check) => check.close('c', actual, expected, 1e-4))).toHaveLength(1);
  });

  test('an exception is a failed case', async () => {
    const failures = await failuresOf(() => {
      throw new Error('broken');
    });
    expect(failures).toEqual(['ran to the end: broken']);
  });
});

test('a suite whose files are missing fails, a good one passes', async () => {
  const fixtures = fileURLToPath(new URL('fixtures/qwen3', import.meta.url));
  expect(await familySuite(fixtures, 'dense')).toMatchObject({ passed: 18, failed: 0 });
  expect((await familySuite(`${fixtures}/nowhere`, 'dense')).failed).toBe(1);
});
