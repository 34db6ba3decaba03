// A model on a file of problems with answers (MATH-500, AIME, GSM8K, your own), judged by the maths grader.
//
//     npm run eval -- runs/last --benchmark math500.jsonl
//
// Stopped and started again with the same words it goes on where it was.
import { basename, join } from 'node:path';
import { readBenchmark, readRows } from '@molrl/ef-env';
import { loadAdapter, loadModel, loadTokenizer, qwen3Policy } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { Command, Option } from 'commander';
import { runBenchmark } from './benchmark/runBenchmark.ts';
import { numberOption } from './config/numberOption.ts';
import { sha256 } from './games/dataRows.ts';
import { endProcess } from './harness/endProcess.ts';
import { exists } from './harness/exists.ts';
import { onStopSignals } from './harness/stopSignals.ts';
import { formatOfCheckpoint } from './model/chatFormat.ts';
import { findModel } from './model/findModel.ts';

interface Options {
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

async function main(): Promise<void> {
  const command = new Command('npm run eval --')
    .argument('<model>', 'a Hugging Face folder, a GGUF file or the folder of a run')
    .requiredOption('--benchmark <file>', 'JSONL, JSON or Parquet with `problem` and `answer`')
    .option('--adapter <folder>', 'a LoRA adapter on it')
    .option('--out <file>', 'where the result goes (default: beside the run, or in runs/)')
    .addOption(
      new Option('--prompt <name>', '`boxed` asks for an answer in a box')
        .choices(['boxed', 'plain'])
        .default('boxed'),
    )
    .option('--max-tokens <n>', 'longest answer', numberOption, 512)
    .option('--temperature <t>', '0 is greedy', numberOption, 0)
    .option('--seed <n>', 'of the sampling', numberOption, 0)
    .option('--limit <n>', 'the first n problems only', numberOption)
    .parse(process.argv.filter((argument, i) => argument !== '--' || i < 2));
  const {
    benchmark: file,
    prompt,
    maxTokens,
    temperature,
    seed,
    limit,
    ...rest
  } = command.opts<Options>();
  const given = command.processedArgs[0] as string; // an argument that must be there
  const { source, adapter = rest.adapter, system } = await findModel(given);
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

endProcess(main());
