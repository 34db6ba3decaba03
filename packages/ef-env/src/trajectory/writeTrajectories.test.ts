import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parquetMetadata, parquetSchema } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { appendTrajectories } from './appendTrajectories.ts';
import { readTrajectories } from './readTrajectories.ts';
import type { Trajectory } from './trajectory.ts';
import { writeTrajectories } from './writeTrajectories.ts';

/** Every field of the format, set and absent, empty and full. */
const trajectories: Trajectory[] = [
  {
    version: 1,
    id: 'full',
    task: {
      env: 'codewords',
      data: { digits: '48', list: [1, null, { a: 'é' }] },
      seed: 4294967295,
    },
    segments: [
      { speaker: 'system', kind: 'prompt', turn: 0, text: '' },
      { speaker: 'user', kind: 'prompt', turn: 0, text: 'é — 漢 \u0000' },
      {
        speaker: 'assistant',
        kind: 'policy',
        turn: 0,
        text: '8764',
        reward: 0.1,
        tokens: { ids: [3, 4], logprobs: [-0.1, -1e-30], weightVersion: 'v7' },
        spans: [
          { start: 0, end: 4, reward: 1, label: 'answer' },
          { start: 0, end: 0, reward: -0.5 },
        ],
      },
      { speaker: 'tool', kind: 'environment', turn: 0, text: 'no', spans: [] },
      { speaker: 'assistant', kind: 'policy', turn: 1, text: '', tokens: { ids: [] } },
    ],
    reward: 0.1,
    stop: 'done',
    metrics: { 'a.b': 1, 'reward/mean': 0.25 },
    info: { tools: ['x'] },
    role: 'solver',
  },
  {
    version: 1,
    id: 'bare',
    task: { env: 'quiz', data: null, seed: 0 },
    segments: [],
    reward: null,
    stop: 'error',
    error: 'broken',
  },
  {
    version: 1,
    id: 'other',
    task: { env: 'quiz', data: '{"text": "not parsed"}', seed: 1 },
    segments: [{ speaker: 'user', kind: 'prompt', turn: 0, text: 'a' }],
    reward: 0,
    stop: 'max-turns',
    metrics: { other: 2 },
  },
];
const newFile = async (name: string): Promise<string> =>
  join(await mkdtemp(join(tmpdir(), 'ef-env-')), name);

describe('writeTrajectories', () => {
  test.each(['run.jsonl', 'run.parquet'])('what was written to %s is read', async (name) => {
    const file = await newFile(name);
    for (const written of [trajectories, [], trajectories.slice(1, 2)]) {
      await writeTrajectories(file, written);
      expect(await readTrajectories(file)).toEqual(written);
      expect(await readdir(dirname(file))).toEqual([name]); // no temporary file is left
    }
  });

  test('Parquet and JSONL convert into each other, typed arrays become plain ones', async () => {
    const [jsonl, parquet] = [await newFile('run.jsonl'), await newFile('run.parquet')];
    const [full] = trajectories;
    const tokens = { ids: Uint32Array.of(1, 2), logprobs: Float32Array.of(-0.5, -0.1) };
    const typed = { ...full!, segments: [{ ...full!.segments[2]!, tokens }] };
    await appendTrajectories(jsonl, [typed]);
    await writeTrajectories(parquet, await readTrajectories(jsonl));
    const content = await readFile(parquet);
    const [read] = await readTrajectories({ content, format: 'parquet' });
    expect(read?.segments[0]?.tokens).toEqual({ ids: [1, 2], logprobs: [-0.5, Math.fround(-0.1)] });
    expect([read]).toEqual(await readTrajectories(jsonl));
  });

  test('the columns of a Parquet file carry the names of the format', async () => {
    const file = await newFile('run.parquet');
    await writeTrajectories(file, trajectories);
    const { buffer } = new Uint8Array(await readFile(file));
    const { children } = parquetSchema(parquetMetadata(buffer));
    expect(children.map(({ element }) => element.name).join(' ')).toBe(
      'version id task segments reward stop info role error metrics',
    );
  });

  test('a trajectory that nobody could read leaves the file as it was', async () => {
    const [bare] = trajectories.slice(1);
    const bad: Trajectory[] = [
      { ...bare!, reward: Number.NaN },
      {
        ...bare!,
        segments: [
          {
            speaker: 'assistant',
            kind: 'policy',
            turn: 0,
            text: '',
            tokens: { ids: [1], logprobs: [Number.NEGATIVE_INFINITY] },
          },
        ],
      },
    ];
    for (const name of ['run.jsonl', 'run.parquet']) {
      const file = await newFile(name);
      await writeTrajectories(file, [bare!]);
      for (const trajectory of bad) {
        const both = [bare!, trajectory];
        await expect(writeTrajectories(file, both)).rejects.toMatchObject({ code: 'format' });
        expect(await readTrajectories(file)).toEqual([bare]);
        expect(await readdir(dirname(file))).toEqual([name]);
      }
    }
    await expect(appendTrajectories(await newFile('a.jsonl'), bad)).rejects.toThrow(
      "appendTrajectories: 'bare': reward must be a number or null, got NaN.",
    );
  });

  test('errors name the file and the row', async () => {
    const file = await newFile('run.parquet');
    await expect(appendTrajectories(file, trajectories)).rejects.toMatchObject({ code: 'option' });
    await writeFile(file, 'PAR1 torn');
    await expect(readTrajectories(file)).rejects.toThrow(
      /run.parquet: not a Parquet file that can be read/,
    );
    const segments = [{ ...trajectories[0]!.segments[4]!, tokens: { ids: [2 ** 32] } }];
    await expect(writeTrajectories(file, [{ ...trajectories[1]!, segments }])).rejects.toThrow(
      "token ids in Parquet are 32-bit integers, 'bare' has 4294967296",
    );
  });
});
