/**
 * GRPO with LoRA r 16 on SmolLM2-135M-Instruct: time of an update and peak memory of our trainer's loop and of TRL's
 * GRPOTrainer, in turns on the same batch (8 prompts x 8 completions of at most 8 tokens).
 *
 *     MOLRL_PYTHON=python node --conditions=@molrl/source --import tsx bench/course/main.ts MODEL.gguf [rounds]
 *
 * The GGUF is written as a Hugging Face folder (float32) first, which both load. Python needs torch, transformers, trl, peft.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, saveModel } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { tasks } from '../../examples/trainer/courses/sumsEnvironment.ts';
import { type Contender, startContender } from '../contender.ts';
import { median } from '../median.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

async function folderOf(gguf: string, folder: string): Promise<void> {
  const device = await openCpu();
  const model = await loadModel(gguf);
  await saveModel(model, folder, { dtype: 'float32' });
  model.dispose();
  device.dispose();
}

/** Most memory that a process had resident, MB. */
async function peakOf({ pid }: Contender): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000;
}

/** Processor time that a process has used, seconds: what counts where others compute, too. */
async function processorTime({ pid }: Contender): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' '); // after the name
  return (Number(fields[11]) + Number(fields[12])) / 100; // user and system, in ticks of 10 ms
}

/** Of one update, seconds. */
interface Times {
  clock: number;
  processor: number;
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const shown = ({ clock, processor }: Times): string =>
  `${clock.toFixed(2)} s (processor ${processor.toFixed(2)} s)`;

async function timed(contender: Contender): Promise<Times> {
  const before = await processorTime(contender);
  const clock = await contender.run('lora', 1);
  return { clock, processor: (await processorTime(contender)) - before };
}

async function main([gguf, rounds = '5']: string[]): Promise<void> {
  if (gguf === undefined) throw new Error('course: give the GGUF file of the model.');
  const folder = await mkdtemp(join(tmpdir(), 'molrl-course-'));
  const [model, rows] = [join(folder, 'model'), join(folder, 'rows.jsonl')];
  await folderOf(gguf, model);
  await writeFile(rows, tasks.map((task) => JSON.stringify(task)).join('\n'));
  const node = [process.execPath, '--conditions=@molrl/source', '--import', 'tsx'] as const;
  const python = process.env.MOLRL_PYTHON ?? 'python3';
  const peer = [
    python,
    here('../peers/trl_course.py'),
    '--spec',
    JSON.stringify({ model, rows }),
  ] as const;
  const ours = await startContender([...node, here('ours.ts'), model, rows]);
  const theirs = await startContender([...peer, '--threads', '2', '--variants', 'lora']);
  const pairs: [ours: Times, theirs: Times][] = [];
  for (let round = 0; round < Number(rounds); round++) {
    const [mine, other] = [await timed(ours), await timed(theirs)];
    pairs.push([mine, other]);
    say(`ours ${shown(mine)}, TRL ${shown(other)}`);
  }
  for (const kind of ['clock', 'processor'] as const)
    say(
      `${kind}: TRL / ours ${median(pairs.map(([a, b]) => b[kind] / a[kind])).toFixed(2)} (median)`,
    );
  const [mine, other] = [await peakOf(ours), await peakOf(theirs)];
  say(
    `peak resident: ours ${mine.toFixed(0)} MB, TRL ${other.toFixed(0)} MB, ours / TRL ${(mine / other).toFixed(2)}`,
  );
  ours.stop();
  theirs.stop();
  await rm(folder, { recursive: true, force: true });
}

await main(process.argv.slice(2));
