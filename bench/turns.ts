/**
 * An episode of turns against one generation of its length: prompts of `CHUNK` ids, each answered with `CHUNK` sampled ids
 * on what the cache has kept, and the same numbers of ids in one prompt and one completion.
 *
 *     node --conditions=@molrl/source --import tsx bench/turns.ts small 4 5
 *
 * Shape, turns and pairs of runs; the processor's time is printed beside the clock's.
 */
import { generate } from '@molrl/qwen3';
import { createKvCache, openCpu } from '@molrl/tensor-gpu';
import { median } from './median.ts';
import { benchModel, randomIds } from './ours/benchModel.ts';
import { shapeNamed } from './shapes.ts';
import { type Run, timed } from './timed.ts';

const CHUNK = 48;

async function main([name = 'small', turns = '4', pairs = '5']: string[]): Promise<void> {
  const device = await openCpu();
  const shape = shapeNamed('turns', name);
  const count = Number(turns);
  const model = benchModel(shape);
  const said = randomIds(1, count * CHUNK, shape.vocab);
  const options = { seed: 1, eosIds: null };
  let [computed, length] = [0, 0];
  const episode = async (): Promise<void> => {
    const cache = createKvCache();
    const transcript: number[] = [];
    for (let turn = 0; turn < count; turn++) {
      transcript.push(...said.subarray(turn * CHUNK, (turn + 1) * CHUNK));
      const [answer] = await generate(model, [transcript], { ...options, maxTokens: CHUNK, cache });
      transcript.push(...answer!.ids);
    }
    computed = cache.usage().computed;
    length = transcript.length;
    cache.dispose();
  };
  const once = async (): Promise<void> => {
    await generate(model, [said], { ...options, maxTokens: count * CHUNK });
  };
  await once(); // warms up
  const runs: [Run, Run][] = [];
  for (let pair = 0; pair < Number(pairs); pair++)
    runs.push([await timed(episode), await timed(once)]);
  const ratio = (of: keyof Run): string =>
    median(runs.map(([inTurns, whole]) => inTurns[of] / whole[of])).toFixed(2);
  process.stdout.write(
    `${name}: ${count} turns compute ${computed} tokens for a transcript of ${length}; ` +
      `${ratio('seconds')} times one generation of that length, ${ratio('processor')} of processor time ` +
      `(medians of ${pairs} pairs, ${device.library}, ${device.threads} threads)\n`,
  );
  device.dispose();
}

await main(process.argv.slice(2));
