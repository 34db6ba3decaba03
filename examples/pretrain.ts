// Makes a small base from nothing, with this repository's own engine: operations on digits, words that a prompt defines, episodes
// with feedback, sums in columns, puzzles of other levels than `npm run compare` asks, and a novel.
//
//     npm run base -- --out runs/base                   # 0.86 M parameters, 10 million tokens
//     npm run base -- --size 5m --out runs/base-5m      # 4.9 M; the same command goes on where it stopped
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createQwen3, loadTokenizer, type Qwen3, saveModel } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { readCheckpoint, writeCheckpoint } from './pretrain/checkpoint.ts';
import { measureBase } from './pretrain/measureBase.ts';
import { BATCH, pretrain, pretrainOptimizer } from './pretrain/pretrain.ts';
import { type PretrainSettings, readSettings } from './pretrain/settings.ts';
import { SIZES } from './pretrain/sizes.ts';
import { driveUpdates } from './trainer/harness/driveUpdates.ts';
import { endProcess } from './trainer/harness/endProcess.ts';
import { openMetricsLog } from './trainer/harness/metricsLog.ts';
import { createProgress, type Progress } from './trainer/harness/progress.ts';
import { replaceFile } from './trainer/harness/replaceFile.ts';
import { makeRunFolder } from './trainer/harness/runFolder.ts';
import { onStopSignals } from './trainer/harness/stopSignals.ts';
import { untilStopped } from './trainer/harness/untilStopped.ts';
import { loadLearner } from './trainer/method/loadLearner.ts';
import { Stage } from './trainer/method/stage.ts';
import { SHIPPED_MODEL } from './trainer/model/findModel.ts';
import { readShippedText } from './trainer/model/generalText.ts';

/** Seconds between checkpoints. */
const SAVE_EVERY = 60;

interface Run {
  settings: PretrainSettings;
  progress: Progress;
  signal: AbortSignal;
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  const { out, threads } = settings;
  await makeRunFolder(out);
  const { library } = await openCpu({ threads });
  const progress = createProgress();
  const stop = new AbortController();
  onStopSignals(stop, progress.line);
  progress.line(`${library}, ${threads} threads. Writing to ${out}`);
  const run: Run = { settings, progress, signal: stop.signal };
  const again = `npm run base -- --size ${settings.size} --tokens ${settings.tokens} --seed ${settings.seed} --out ${out}`;
  await untilStopped(() => makeBase(run), { signal: stop.signal, progress, again });
}

async function makeBase({ settings, progress, signal }: Run): Promise<void> {
  const { size, tokens, seed, out, evalTasks } = settings;
  const model = createQwen3(SIZES[size].config, { seed });
  await learn(model, { settings, progress, signal });
  const folder = join(out, 'model');
  await saveModel(model, folder, { dtype: 'bfloat16', copyFrom: SHIPPED_MODEL }); // its tokenizer
  model.dispose();
  const learner = await loadLearner({ model: folder, format: 'recipe' });
  const measured = await measureBase(learner, { tasks: evalTasks, signal });
  const figures = { size, tokens, seed, evalTasks, ...measured };
  await replaceFile(join(out, 'results.json'), `${JSON.stringify(figures, null, 2)}\n`);
  await rm(join(out, 'checkpoint.bin'), { force: true });
  for (const [kind, values] of Object.entries({
    skills: measured.skills,
    domains: measured.domains,
  })) {
    const words = Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(3)}`);
    progress.line(`${kind}: ${words.join(', ')}`);
  }
  progress.line(`unseen text: ${measured.textNll.toFixed(3)} nats per token\nModel: ${folder}`);
}

/** The updates, from where an interrupted run stopped. */
async function learn(model: Qwen3, { settings, progress, signal }: Run): Promise<void> {
  const { seed, tokens, out } = settings;
  const begun = await readCheckpoint(settings);
  const updates = Math.round(tokens / BATCH);
  const stage = new Stage(model.trainable(), {
    ...{ name: 'pretrain', seed, learningRate: 0, resume: begun?.stage },
    makeOptimizer: () => pretrainOptimizer({ model }),
  });
  const tokenizer = await loadTokenizer(SHIPPED_MODEL);
  const { train: text } = await readShippedText(tokenizer);
  const metrics = openMetricsLog(join(out, 'metrics.jsonl'), begun?.metrics ?? 0, () => {});
  const label = 'pretrain';
  let saved = performance.now();
  progress.start(label, updates, { done: stage.step });
  const save = async (): Promise<void> => {
    await writeCheckpoint(settings, { stage: await stage.snapshot(), metrics: metrics.flush() });
    saved = performance.now();
  };
  await driveUpdates(stage, {
    updates: pretrain(stage, { model, tokenizer, text, updates, seed }),
    onUpdate: ({ step, metrics: row }) => {
      metrics.append({ stage: label, step, ...row });
      progress.update(step, `loss ${row.loss!.toFixed(3)}`); // it has one
      return undefined;
    },
    advice: () => [],
    line: progress.line,
    isDue: ({ step, of }) => step === of || performance.now() - saved > SAVE_EVERY * 1000,
    keep: save,
    save: async () => {},
    signal,
  });
}

endProcess(main());
