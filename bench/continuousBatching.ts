/**
 * Continuous batching against fixed waves: the same completions of 16 to 256 tokens with `SLOTS` in flight, once in one
 * call of `generate` (a place that becomes free is taken at once), once in a call per wave of `SLOTS` prompts, once in fixed
 * waves as transformers' `generate` plays them: a row that has ended is computed on until the wave's longest one ends.
 *
 *     node --conditions=@molrl/source --import tsx bench/continuousBatching.ts small 256 3
 *
 * Shape, completions and rounds of runs. The processor's time is printed beside the clock's: it
 * is what counts on a machine that others use too.
 */
import { generate } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { benchModel, randomIds } from './ours/benchModel.ts';
import { shapeNamed } from './shapes.ts';
import { timed } from './timed.ts';

const SLOTS = 8;
const PROMPT = 16;
const [LEAST, MOST] = [16, 256];

function lengthsOf(count: number): number[] {
  return Array.from(randomIds(count, 1, MOST - LEAST + 1), (length) => LEAST + length);
}

async function main([name = 'small', completions = '256', rounds = '3']: string[]): Promise<void> {
  const device = await openCpu();
  const shape = shapeNamed('continuousBatching', name);
  const count = Number(completions);
  const model = benchModel(shape);
  const lengths = lengthsOf(count);
  const ids = randomIds(count, PROMPT, shape.vocab);
  const prompts = lengths.map((_, i) => ids.subarray(i * PROMPT, (i + 1) * PROMPT));
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const options = { maxTokens: MOST, seed: 1, eosIds: null, maxRows: SLOTS };
  const sample = async (first: number, last: number): Promise<void> => {
    const shouldStop = (drawn: Int32Array, i: number): boolean =>
      drawn.length >= lengths[first + i]!;
    await generate(model, prompts.slice(first, last), { ...options, shouldStop });
  };
  const waves = async (): Promise<void> => {
    for (let first = 0; first < count; first += SLOTS) await sample(first, first + SLOTS);
  };
  const fixedWaves = async (): Promise<void> => {
    for (let first = 0; first < count; first += SLOTS) {
      const longest = Math.max(...lengths.slice(first, first + SLOTS));
      const wave = prompts.slice(first, first + SLOTS);
      await generate(model, wave, { ...options, maxTokens: longest });
    }
  };
  await sample(0, SLOTS); // warms up
  for (let round = 0; round < Number(rounds); round++) {
    const batched = await timed(() => sample(0, count));
    const speed = (seconds: number): string => `${(tokens / seconds).toFixed(1)} tok/s`;
    process.stdout.write(
      `${name} (${device.library}, ${device.threads} threads): ${speed(batched.seconds)}`,
    );
    for (const [how, play] of [
      ['waves whose ended rows leave', waves],
      ['fixed waves', fixedWaves],
    ] as const) {
      const { seconds, processor } = await timed(play);
      process.stdout.write(
        `; ${how} ${speed(seconds)}, ratio ${(seconds / batched.seconds).toFixed(2)} ` +
          `(of processor time ${(processor / batched.processor).toFixed(2)})`,
      );
    }
    process.stdout.write('\n');
  }
  device.dispose();
}

await main(process.argv.slice(2));
