/**
 * Continuous batching against fixed waves: the same completions of 16 to 256 tokens with `SLOTS` in flight, once in one
 * call of `generate` (a place that becomes free is taken at once), once in a call per wave of `SLOTS` prompts.
 *
 *     pnpm --filter @molrl/bench exec node --import tsx continuousBatching.ts small 256 3
 *
 * Shape, completions and pairs of runs. The processor's time is printed beside the clock's: it
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

async function main([name = 'small', completions = '256', pairs = '3']: string[]): Promise<void> {
  const device = await openCpu();
  const shape = shapeNamed('continuousBatching', name);
  const count = Number(completions);
  const model = benchModel(shape);
  const lengths = lengthsOf(count);
  const ids = randomIds(count, PROMPT, shape.vocab);
  const prompts = lengths.map((_, i) => ids.subarray(i * PROMPT, (i + 1) * PROMPT));
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const sample = async (first: number, last: number): Promise<void> => {
    const shouldStop = (drawn: Int32Array, i: number): boolean =>
      drawn.length >= lengths[first + i]!;
    const options = { maxTokens: MOST, seed: 1, eosIds: null, maxRows: SLOTS, shouldStop };
    await generate(model, prompts.slice(first, last), options);
  };
  const waves = async (): Promise<void> => {
    for (let first = 0; first < count; first += SLOTS) await sample(first, first + SLOTS);
  };
  await sample(0, SLOTS); // warms up
  for (let pair = 0; pair < Number(pairs); pair++) {
    const batched = await timed(() => sample(0, count));
    const waved = await timed(waves);
    process.stdout.write(
      `${name}: ${(tokens / batched.seconds).toFixed(1)} tok/s, in waves ${(tokens / waved.seconds).toFixed(1)}; ` +
        `ratio ${(waved.seconds / batched.seconds).toFixed(2)}, of processor time ${(waved.processor / batched.processor).toFixed(2)} ` +
        `(${device.library}, ${device.threads} threads)\n`,
    );
  }
  device.dispose();
}

await main(process.argv.slice(2));
