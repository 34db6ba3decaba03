import { join } from 'node:path';
import type { Trajectory } from '@molrl/ef-env';
import { mergeLora, saveModel } from '@molrl/qwen3';
import { driveUpdates } from '../../trainer/harness/driveUpdates.ts';
import { type LinesFile, openLinesFile } from '../../trainer/harness/linesFile.ts';
import type { Progress } from '../../trainer/harness/progress.ts';
import { collectFeedback, rightByTurn } from '../../trainer/method/collect.ts';
import { grpo } from '../../trainer/method/grpo.ts';
import type { Learner } from '../../trainer/method/learner.ts';
import { Stage, type StageStep } from '../../trainer/method/stage.ts';
import { type TeachMethod, teach } from '../../trainer/method/teach.ts';
import { readWeights, type Weights, writeWeights } from '../../trainer/method/weights.ts';
import { attempts, feedback } from '../domain/codewords.ts';
import { evaluate } from '../domain/evaluate.ts';
import { type GeneralText, generalSequences } from '../domain/generalText.ts';
import { type Checkpoint, writeCheckpoint } from './checkpoint.ts';
import type { MetricsRow } from './metricsRow.ts';
import type { Arm } from './options.ts';
import { metricsFile, trajectoriesFile } from './runFiles.ts';

/** One run of `npm start`: where it writes, what it has, how it is stopped. */
export interface Run {
  learner: Learner;
  text: GeneralText;
  out: string;
  /** Continued in place; saved after each stage and every `checkpointEvery` updates. */
  checkpoint: Checkpoint;
  progress: Progress;
  signal: AbortSignal;
  metrics: LinesFile<MetricsRow>;
  /** EF episodes of the seed at work, once they are there. */
  episodes?: { seed: number; trajectories: Trajectory[] } | undefined;
}

/** Opens what a run writes to. */
export function openRun(parts: Omit<Run, 'metrics' | 'episodes'>): Run {
  const metrics = openLinesFile<MetricsRow>(metricsFile(parts.out), parts.checkpoint.metricsBytes);
  return { ...parts, metrics };
}

/** Every arm of every seed, each finished one skipped. Saves when it is stopped. */
export async function runArms(run: Run): Promise<void> {
  const { learner, checkpoint, signal } = run;
  const { settings } = checkpoint;
  const fresh = await readWeights(learner.model.trainable());
  try {
    for (let seed = settings.seed; seed < settings.seed + settings.seeds; seed++) {
      for (const arm of settings.arm) {
        if (checkpoint.evaluations[`${seed}/${arm}`]) continue;
        await runArm(run, { seed, arm }, fresh);
      }
      // The next seed starts from the base again.
      checkpoint.taught = {};
      checkpoint.stage = undefined;
    }
  } catch (error) {
    // What was done up to the last update is worth keeping, whatever stopped the run.
    if (signal.aborted) await save(run);
    throw error;
  } finally {
    run.metrics.close();
  }
}

async function runArm(
  run: Run,
  { seed, arm }: { seed: number; arm: Arm },
  fresh: Weights,
): Promise<void> {
  const { learner, checkpoint } = run;
  const [first, second] = arm.split('+');
  const method = first === 'base' || first === 'grpo' ? undefined : (first as TeachMethod); // the rest of ARMS
  const start = method ? await taughtWeights(run, { seed, method }, fresh) : fresh;
  writeWeights(learner.model.trainable(), start);
  if (first === 'grpo' || second === 'grpo') await grpoStage(run, seed, arm);
  await evaluateArm(run, seed, arm);
  if (arm !== 'base' && seed === checkpoint.settings.seed) await exportModel(run, arm);
}

/** The weights after stage 1: from the checkpoint when it has them, else by teaching. */
async function taughtWeights(
  run: Run,
  { seed, method }: { seed: number; method: TeachMethod },
  fresh: Weights,
): Promise<Weights> {
  const { learner, checkpoint } = run;
  const key = `${seed}/${method}`;
  const known = checkpoint.taught[key];
  if (known) return known;
  writeWeights(learner.model.trainable(), fresh); // the base plays the episodes, and is what stage 1 starts from
  const episodes = await episodesOf(run, seed);
  const { alpha, updates, learningRate, batchSize } = checkpoint.settings;
  const sequences = episodes.map(({ segments }) => learner.render(segments));
  const nextGeneral = generalSequences(learner.tokenizer, run.text);
  const name = `${seed}/teach ${method}`;
  await runStage(
    run,
    { name, seed, arm: method, stage: 'teach', learningRate, of: updates },
    (stage) =>
      teach(learner, stage, {
        episodes: sequences,
        nextGeneral,
        ...{ method, alpha, updates, learningRate, batchSize, seed },
      }),
  );
  const weights = await readWeights(learner.model.trainable());
  checkpoint.taught[key] = weights;
  checkpoint.stage = undefined;
  await save(run);
  return weights;
}

async function grpoStage(run: Run, seed: number, arm: Arm): Promise<void> {
  const { learner, checkpoint, signal } = run;
  const {
    grpoUpdates: updates,
    grpoLearningRate: learningRate,
    prompts,
    numGenerations,
    generalKl,
  } = checkpoint.settings;
  const name = `${seed}/grpo ${arm}`;
  await runStage(run, { name, seed, arm, stage: 'grpo', learningRate, of: updates }, (stage) =>
    grpo(learner, stage, {
      game: attempts,
      nextGeneral: generalSequences(learner.tokenizer, run.text),
      ...{ updates, learningRate, prompts, numGenerations, generalKl, signal },
    }),
  );
}

interface StageOf {
  name: string;
  seed: number;
  arm: string;
  stage: 'teach' | 'grpo';
  learningRate: number;
  of: number;
}

/** Drives a stage: position, metrics, progress, checkpoints. */
async function runStage(
  run: Run,
  of: StageOf,
  steps: (stage: Stage) => AsyncGenerator<StageStep>,
): Promise<void> {
  const { learner, checkpoint, progress, signal } = run;
  const resume = checkpoint.stage?.name === of.name ? checkpoint.stage.state : undefined;
  const stage = new Stage(learner.model.trainable(), {
    // The same name for every arm: all see the same prompts and general data.
    name: of.stage,
    seed: of.seed,
    learningRate: of.learningRate,
    resume,
  });
  progress.start(`${of.stage} ${of.arm} (seed ${of.seed})`, of.of, { done: stage.step });
  let since = performance.now();
  await driveUpdates(stage, {
    updates: steps(stage),
    line: (text) => progress.line(text),
    signal,
    isDue: ({ step, of: total }) =>
      step % checkpoint.settings.checkpointEvery === 0 || step === total,
    keep: async () => {
      checkpoint.stage = { name: of.name, state: await stage.snapshot() };
    },
    save: () => save(run),
    onUpdate: ({ step, metrics }) => {
      run.metrics.append({ seed: of.seed, arm: of.arm, stage: of.stage, step, ...metrics });
      report(run, of, { step, metrics });
      since = addSeconds(checkpoint, of.name, since);
      return undefined;
    },
  });
}

function report(
  run: Run,
  of: StageOf,
  { step, metrics }: Pick<StageStep, 'step' | 'metrics'>,
): void {
  const { progress, checkpoint } = run;
  const shown = (name: string, digits: number): string => (metrics[name] ?? 0).toFixed(digits);
  if (of.stage === 'teach') {
    const kl = of.arm === 'mol' ? ` KL ${shown('mol/kl', 4)}` : '';
    progress.update(step, `CE ${shown('mol/ce', 3)}${kl}`);
    return;
  }
  const mismatch = metrics['sampling/sampling_logp_difference/max'];
  checkpoint.mismatch = Math.max(checkpoint.mismatch, mismatch ?? 0);
  const difference =
    mismatch === undefined
      ? `no group has both right and wrong answers: ${metrics['mol/kl'] === undefined ? 'no update' : 'held to the base only'}`
      : `sampler/trainer log-prob difference ${mismatch.toExponential(1)}`;
  progress.line(
    `${of.stage} ${of.arm} ${step}/${of.of}  reward ${shown('reward', 3)}  ${difference}`,
  );
  progress.update(step, `reward ${shown('reward', 3)}`);
}

async function evaluateArm(run: Run, seed: number, arm: Arm): Promise<void> {
  const { learner, checkpoint, progress, signal } = run;
  const { evalTasks: tasks, split } = checkpoint.settings;
  const started = performance.now();
  const result = await evaluate(learner, run.text, { split, tasks, seed, signal });
  addSeconds(checkpoint, `${seed}/evaluate ${arm}`, started);
  checkpoint.evaluations[`${seed}/${arm}`] = result;
  const { t1, greedy } = result.domain;
  progress.line(
    `evaluate ${arm} (seed ${seed})  domain ${(t1.right / t1.n).toFixed(3)} sampled, ${(greedy.right / greedy.n).toFixed(3)} greedy, without feedback`,
  );
  await save(run);
}

/** EF episodes of a seed: from trajectories.jsonl as far as they are there, else played. */
async function episodesOf(run: Run, seed: number): Promise<Trajectory[]> {
  const { learner, checkpoint, progress, signal, out } = run;
  const { episodes } = checkpoint.settings;
  if (run.episodes?.seed === seed) return run.episodes.trajectories;
  const started = performance.now();
  progress.start(`collect (seed ${seed})`, episodes);
  const trajectories = await collectFeedback(learner.episodes, feedback, {
    episodes,
    seed,
    file: trajectoriesFile(out),
    signal,
    onProgress: ({ done }) => progress.update(done, 'episodes'),
    onWarning: (message) => progress.line(message),
  });
  addSeconds(checkpoint, `${seed}/collect`, started);
  progress.line(
    `collect (seed ${seed})  ${episodes} episodes, right at attempt 1/2/3/4: ${rightByTurn(trajectories, feedback.maxTurns).join('/')}`,
  );
  run.episodes = { seed, trajectories };
  return trajectories;
}

/** A model folder that `--model` and transformers read: the tokenizer's files come along from the base. */
async function exportModel({ learner, out }: Run, arm: Arm): Promise<void> {
  const folder = join(out, 'models', arm);
  const merged = learner.model.adapter ? mergeLora(learner.model) : learner.model;
  try {
    await saveModel(merged, folder, { dtype: 'float32' });
  } finally {
    if (merged !== learner.model) merged.dispose();
  }
}

async function save({ out, checkpoint, metrics }: Run): Promise<void> {
  checkpoint.metricsBytes = metrics.flush();
  await writeCheckpoint(out, checkpoint);
}

/** Adds the time since `started` to a stage; returns now. */
function addSeconds(checkpoint: Checkpoint, stage: string, started: number): number {
  const now = performance.now();
  checkpoint.seconds[stage] = (checkpoint.seconds[stage] ?? 0) + (now - started) / 1000;
  return now;
}
