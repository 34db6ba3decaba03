/**
 * Sampling one prompt from a GGUF file as it is stored, by llama.cpp (node-llama-cpp) and by ours, in turns: tokens a second, prompt
 * included.
 *
 *     MOLRL_LLAMA=FOLDER node --conditions=@molrl/source --import tsx bench/llamaCpp.ts FILE.gguf 2 5
 *
 * Threads and pairs of runs. FOLDER is one in which `npm install node-llama-cpp` was run.
 */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generate, loadModel } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { median } from './median.ts';
import { randomIds } from './ours/benchModel.ts';

const [PROMPT, NEW] = [16, 96];
/** Thread pools spin for a while after their work. */
const PAUSE_MS = 250;

/** What is used of node-llama-cpp; its types come with the package, which is not among our dependencies. */
interface LlamaCpp {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{
        getSequence(): {
          evaluate(tokens: number[], options: object): AsyncIterable<number>;
          clearHistory(): Promise<void>;
        };
      }>;
    }>;
  }>;
}

/** A run: how many tokens it sampled. */
type Sample = () => Promise<number>;

async function llamaSample(file: string, prompt: number[], threads: number): Promise<Sample> {
  const folder = resolve(process.env.MOLRL_LLAMA ?? '');
  const entry = pathToFileURL(join(folder, 'node_modules/node-llama-cpp/dist/index.js')).href;
  const { getLlama } = (await import(entry)) as LlamaCpp; // its types are not here
  const engine = await getLlama({
    ...{ gpu: false, logLevel: 'error', build: 'never', maxThreads: threads },
  });
  const model = await engine.loadModel({ modelPath: file });
  const context = await model.createContext({ contextSize: 512, threads });
  const sequence = context.getSequence();
  return async () => {
    await sequence.clearHistory();
    let count = 0;
    for await (const _ of sequence.evaluate(prompt, { temperature: 1, seed: 1 }))
      if (++count === NEW) break;
    return count; // an end of the text ends it earlier
  };
}

async function ourSample(file: string, prompt: number[]): Promise<Sample> {
  const model = await loadModel(file, { frozen: true });
  return async () => {
    const [answer] = await generate(model, [prompt], {
      ...{ maxTokens: NEW, temperature: 1, seed: 1, eosIds: null },
    });
    return answer!.ids.length; // one was asked for
  };
}

async function speed(sample: Sample): Promise<number> {
  await new Promise((done) => setTimeout(done, PAUSE_MS));
  const started = performance.now();
  let tokens = 0;
  while (performance.now() - started < 1000) tokens += await sample();
  return tokens / ((performance.now() - started) / 1000);
}

async function main([file, threadsGiven = '2', pairs = '5']: string[]): Promise<void> {
  if (file === undefined || !process.env.MOLRL_LLAMA)
    throw new Error('llamaCpp: give a .gguf file, and MOLRL_LLAMA, a folder with node-llama-cpp.');
  const threads = Number(threadsGiven);
  const device = await openCpu({ threads });
  const prompt = [...randomIds(1, PROMPT, 1000)];
  const [ours, theirs] = [await ourSample(file, prompt), await llamaSample(file, prompt, threads)];
  await speed(ours);
  await speed(theirs);
  const runs: [own: number, their: number][] = [];
  for (let pair = 0; pair < Number(pairs); pair++)
    runs.push([await speed(ours), await speed(theirs)]);
  const of = (numbers: number[]): string => median(numbers).toFixed(1);
  process.stdout.write(
    `${file}: ours ${of(runs.map(([own]) => own))} tok/s, llama.cpp ${of(runs.map(([, their]) => their))}, ` +
      `ratio ${median(runs.map(([own, their]) => own / their)).toFixed(2)} (medians of ${pairs} pairs, ${device.library}, ${threads} threads)\n`,
  );
  process.exit(0);
}

await main(process.argv.slice(2));
