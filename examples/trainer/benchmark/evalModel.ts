import { basename, join } from 'node:path';
import { readBenchmark, readRows } from '@molrl/ef-env';
import { loadAdapter, loadModel, loadTokenizer, qwen3Policy } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { exists } from '../base/exists.ts';
import { sha256 } from '../games/dataRows.ts';
import { onStopSignals } from '../harness/stopSignals.ts';
import { formatOfCheckpoint } from '../model/chatFormat.ts';
import type { FoundModel } from '../model/findModel.ts';
import { runBenchmark } from './runBenchmark.ts';

/** What the command line says of a benchmark. */
export interface BenchmarkOptions {
  benchmark: string;
  adapter?: string;
  out?: string;
  prompt: 'boxed' | 'plain';
  maxTokens: number;
  temperature: number;
  seed: number;
  limit?: number;
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Loads the model, asks it the problems, and says how many it had right. */
export async function evalModel(
  given: string,
  found: FoundModel,
  options: BenchmarkOptions,
): Promise<void> {
  const { benchmark: file, prompt, maxTokens, temperature, seed, limit, ...rest } = options;
  const { source, adapter = rest.adapter, system } = found;
  const name = basename(file).replace(/\.[^.]*$/, '');
  const all = readBenchmark(await readRows(file), { name });
  const benchmark = { ...all, problems: all.problems.slice(0, limit) };
  const isRun = await exists(join(given, 'run.json'));
  const out =
    rest.out ?? (isRun ? join(given, `${name}.json`) : `${name}-${basename(source)}.json`);

  const stop = new AbortController();
  onStopSignals(stop, say);
  const device = await openCpu();
  const [model, tokenizer] = [
    await loadModel(source, { frozen: true }),
    await loadTokenizer(source),
  ];
  if (adapter !== undefined) await loadAdapter(model, adapter);
  const { modelType = 'qwen3' } = model.config;
  const chat = await formatOfCheckpoint({ source, tokenizer, modelType });
  const policy = qwen3Policy(model, tokenizer, {
    format: chat.format,
    system: system ?? chat.system,
  });
  say(`${benchmark.problems.length} problems of ${file}; ${device.library}. Writing to ${out}`);
  const problems = await sha256(file);
  const settings = { model: source, adapter, problems, prompt, temperature, maxTokens, seed };
  try {
    const { accuracy, unparsed } = await runBenchmark(policy, benchmark, {
      ...{ settings, out, signal: stop.signal },
      onProgress: ({ accuracy: { mean }, outcomes, total }) =>
        say(`${outcomes.length}/${total}  accuracy ${mean.toFixed(3)}`),
    });
    const [low, high] = accuracy.ci95;
    say(
      `${name}: accuracy ${accuracy.mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}] (95 % Wilson, n = ${accuracy.n}); ${unparsed} without an answer. ${out}`,
    );
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say('Stopped. The same command goes on with the problems that are left.');
  }
}
