// A model on a file of problems with answers (MATH-500, AIME, GSM8K, your own), judged by the maths grader.
//
//     npm run eval -- runs/last --benchmark math500.jsonl
//
// Stopped and started again with the same words it goes on where it was.
import { Command, Option } from 'commander';
import type { BenchmarkOptions } from './benchmark/evalModel.ts';
import { numberOption } from './config/numberOption.ts';
import { endProcess } from './harness/endProcess.ts';
import { findModel } from './model/findModel.ts';

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
  const given = command.processedArgs[0] as string; // an argument that must be there
  const found = await findModel(given);
  const { evalModel } = await import('./benchmark/evalModel.ts'); // all that computes
  await evalModel(given, found, command.opts<BenchmarkOptions>());
}

endProcess(main());
