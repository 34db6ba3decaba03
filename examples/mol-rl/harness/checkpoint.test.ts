import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Checkpoint,
  checkpointFile,
  hasCheckpoint,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { parseOptions } from './options.ts';

const example = (step: number): Checkpoint => ({
  settings: parseOptions([]).settings,
  evaluations: {},
  seconds: { '0/collect': 1.5 },
  mismatch: 1e-6,
  taught: { '0/mol': { 'model.norm.weight': Float32Array.of(1, 2, Number.MIN_VALUE, -0) } },
  stage: {
    name: '0/grpo mol+grpo',
    state: {
      step,
      optimizerStep: step,
      random: [1, 2, 3, 4294967295],
      weights: { a: Float32Array.of(0.1, 0.2), b: Float32Array.of(3) },
      moments: { 'a/exp_avg': Float32Array.of(5, 6) },
    },
  },
  library: 'kernels-v3.so',
  metricsBytes: 77,
});

let out = '';
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'molrl-checkpoint-'));
});

describe('checkpoint', () => {
  test('what is written is read, bit by bit', async () => {
    expect(await hasCheckpoint(out)).toBe(false);
    await writeCheckpoint(out, example(3));
    expect(await hasCheckpoint(out)).toBe(true);
    expect(await readCheckpoint(out)).toEqual(example(3));
  });

  test('the newest is read, the one before is kept', async () => {
    await writeCheckpoint(out, example(3));
    await writeCheckpoint(out, example(4));
    expect((await readCheckpoint(out)).stage?.state.step).toBe(4);
    // Killed between the two renames.
    await rm(checkpointFile(out));
    expect((await readCheckpoint(out)).stage?.state.step).toBe(3);
  });

  test.each([0, 5, 100, -1])(
    'a damaged file is an error that names the previous one (byte %i)',
    async (place) => {
      await writeCheckpoint(out, example(3));
      await writeCheckpoint(out, example(4));
      const bytes = await readFile(checkpointFile(out));
      bytes[(place + bytes.length) % bytes.length]! ^= 4;
      await writeFile(checkpointFile(out), bytes);
      await expect(readCheckpoint(out)).rejects.toThrow(
        /corrupt .* The one before is kept: mv '.*previous.bin'/,
      );
      await rename(join(out, 'checkpoint.previous.bin'), checkpointFile(out));
      expect((await readCheckpoint(out)).stage?.state.step).toBe(3);
    },
  );

  test.each([0, 11, 40])('a file cut to %i bytes is an error', async (length) => {
    await writeCheckpoint(out, example(3));
    const bytes = await readFile(checkpointFile(out));
    await writeFile(checkpointFile(out), bytes.subarray(0, length));
    await expect(readCheckpoint(out)).rejects.toThrow(/corrupt .* There is none before it/);
  });
});
