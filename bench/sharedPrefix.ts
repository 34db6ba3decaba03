/**
 * A group's prompt computed once in training: the gradient of GRPO with `sharePrefixes` against every completion behind a
 * prompt of its own, in turns, over lengths of prompt and completion.
 *
 *     node --conditions=@molrl/source --import tsx bench/sharedPrefix.ts micro 5
 *
 * Shape, and pairs of runs. Medians; the processor's time is printed beside the clock's: it is what counts on a machine
 * that others use too.
 */
import { addLora, packedBatch, type Qwen3, scoreTargets, selectTargets } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { median } from './median.ts';
import { benchModel, randomIds } from './ours/benchModel.ts';
import { shapeNamed } from './shapes.ts';
import { type Run, timed } from './timed.ts';

const [PROMPTS, GENERATIONS] = [8, 8];
/** Tokens of a prompt and of each completion. */
const LENGTHS = [
  [40, 4],
  [64, 64],
  [256, 64],
] as const;

interface Sequence {
  ids: number[];
  roles: string[];
}

function groups(prompt: number, completion: number, vocab: number): Sequence[] {
  const all = Array.from(randomIds(PROMPTS * (prompt + GENERATIONS * completion), 1, vocab));
  return Array.from({ length: PROMPTS }, () => {
    const shared = all.splice(0, prompt);
    return Array.from({ length: GENERATIONS }, () => ({
      ids: [...shared, ...all.splice(0, completion)],
      roles: Array.from({ length: prompt + completion }, (_, t) => (t < prompt ? 'ignore' : 'own')),
    }));
  }).flat();
}

async function gradient(
  model: Qwen3,
  sequences: readonly Sequence[],
  sharePrefixes: boolean,
): Promise<Run & { tokens: number }> {
  let tokens = 0;
  const run = await timed(async () => {
    const batch = packedBatch(sequences, { sharePrefixes });
    const scored = await scoreTargets(model, batch, selectTargets(batch, sequences));
    dispose(scored.backward({ logprobs: scored.logprobs.map(() => 1e-3) }));
    tokens = batch.T;
  });
  return { ...run, tokens };
}

async function main([name = 'micro', pairs = '5']: string[]): Promise<void> {
  const device = await openCpu();
  const shape = shapeNamed('sharedPrefix', name);
  const model = benchModel(shape);
  if (name === 'smollm2') addLora(model, { r: 16, alpha: 16 });
  for (const [prompt, completion] of LENGTHS) {
    const sequences = groups(prompt, completion, shape.vocab);
    const runs = { once: [] as Run[], apart: [] as Run[] };
    const tokens = { once: 0, apart: 0 };
    for (let pair = -1; pair < Number(pairs); pair++) {
      for (const way of ['once', 'apart'] as const) {
        const run = await gradient(model, sequences, way === 'once');
        tokens[way] = run.tokens;
        if (pair >= 0) runs[way].push(run); // the first pair warms up
      }
    }
    const of = (way: 'once' | 'apart', key: keyof Run): number =>
      median(runs[way].map((run) => run[key]));
    const ratio = (key: keyof Run): string => (of('apart', key) / of('once', key)).toFixed(2);
    process.stdout.write(
      `${name}, ${PROMPTS} x ${GENERATIONS}, prompt ${prompt}, completion ${completion}: ${tokens.once} of ${tokens.apart} tokens, ` +
        `${of('once', 'seconds').toFixed(3)} s against ${of('apart', 'seconds').toFixed(3)}, ${ratio('seconds')} x faster (processor ${ratio('processor')} x)\n`,
    );
  }
  model.dispose();
  device.dispose();
}

await main(process.argv.slice(2));
