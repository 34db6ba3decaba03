import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendTrajectories } from './appendTrajectories.ts';
import { readTrajectories } from './readTrajectories.ts';
import type { Trajectory } from './trajectory.ts';
import { validateTrajectory } from './validateTrajectory.ts';

const example = (id: string): Trajectory => ({
  version: 1,
  id,
  task: { env: 'codewords', data: { digits: '4876', words: ['rav'] }, seed: 5 },
  segments: [
    { speaker: 'user', kind: 'prompt', turn: 0, text: '4876 rav — é' },
    {
      speaker: 'assistant',
      kind: 'policy',
      turn: 0,
      text: '8764',
      reward: 1,
      tokens: {
        ids: Int32Array.of(3, 4),
        logprobs: Float32Array.of(-0.1, -0.2),
        weightVersion: 'v7',
      },
      spans: [{ start: 0, end: 4, reward: 1, label: 'answer' }],
    },
  ],
  reward: 1,
  stop: 'done',
  metrics: { turns: 1 },
});
const plain = (id: string): unknown => {
  const row = JSON.parse(JSON.stringify(example(id)));
  const logprobs = Array.from(Float32Array.of(-0.1, -0.2));
  row.segments[1].tokens = { ids: [3, 4], logprobs, weightVersion: 'v7' };
  return row;
};
const newFile = async (): Promise<string> =>
  join(await mkdtemp(join(tmpdir(), 'ef-env-')), 'run.jsonl');

type Row = { segments: object[] };

describe('trajectory files', () => {
  test('what was appended is read, typed arrays as plain ones with the same values', async () => {
    const file = await newFile();
    await appendTrajectories(file, [example('a')]);
    await appendTrajectories(file, [example('b'), example('c')]);
    expect(await readTrajectories(file)).toEqual(['a', 'b', 'c'].map(plain));
  });

  test('a torn last line is dropped by the reader and cut off by the next append', async () => {
    const whole = await newFile();
    await appendTrajectories(whole, [example('a'), example('b')]);
    const bytes = await readFile(whole);
    const firstLine = bytes.indexOf(0x0a) + 1;
    for (let cut = firstLine; cut < bytes.length; cut += 7) {
      const file = await newFile();
      await writeFile(file, bytes.subarray(0, cut));
      const warnings: string[] = [];
      const onWarning = (message: string) => warnings.push(message);
      const complete = cut === bytes.length - 1;
      const expected = complete ? ['a', 'b'] : ['a'];
      expect((await readTrajectories(file, { onWarning })).map((t) => t.id)).toEqual(expected);
      await appendTrajectories(file, [example('z')], { onWarning });
      expect((await readTrajectories(file)).map((t) => t.id)).toEqual([...expected, 'z']);
      expect(warnings).toHaveLength(complete || cut === firstLine ? 0 : 2);
    }
  });

  test.runIf(existsSync('/dev/full'))('a full disk is the error of the file system', async () => {
    await expect(appendTrajectories('/dev/full', [example('a')])).rejects.toMatchObject({
      code: 'ENOSPC',
    });
  });

  test('a wrong line is an error with its number', async () => {
    const file = 'run.jsonl';
    const dir = await newFile();
    await appendTrajectories(dir, [example('a')]);
    await appendFile(dir, '{"version":1,\n');
    await appendTrajectories(dir, [example('b')]);
    const message = await readTrajectories(dir).catch((error: Error) => error.message);
    expect(String(message)).toContain(`${file}:2: not JSON (`);
  });

  test.each<[string, (row: Row) => void]>([
    ['version', (row) => Object.assign(row, { version: 2 })],
    ['stop', (row) => Object.assign(row, { stop: 'bored' })],
    ['kind', (row) => Object.assign(row.segments[1]!, { kind: 'assistant' })],
    ['logprobs', (row) => Object.assign(row.segments[1]!, { tokens: { ids: [1], logprobs: [] } })],
    [
      'span',
      (row) => Object.assign(row.segments[1]!, { spans: [{ start: 3, end: 1, reward: 0 }] }),
    ],
    ['reward', (row) => Object.assign(row, { reward: 'high' })],
  ])('names the wrong field: %s', (_, spoil) => {
    const row = plain('a') as Row;
    spoil(row);
    expect(() => validateTrajectory(row, 'run.jsonl:17')).toThrowErrorMatchingSnapshot();
  });
});
