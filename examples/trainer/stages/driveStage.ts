import { createPrinter } from '../harness/advicePrinter.ts';
import { type Run, saveRun, stageLabel } from '../harness/run.ts';
import { Stage, type StageStep } from '../method/stage.ts';

export interface DriveOptions {
  learningRate: number;
  /** Updates. */
  total: number;
  /** Makes the updates. */
  steps(stage: Stage): AsyncGenerator<StageStep>;
  /** What the progress bar says of an update. */
  summary(metrics: Readonly<Record<string, number>>): string;
  /** After each update, before it is saved. */
  after?: ((step: StageStep) => Promise<void>) | undefined;
}

/** Drives a training stage: position, metrics, progress, checkpoints, advice. */
export async function driveStage(run: Run, options: DriveOptions): Promise<void> {
  const { learner, state, progress, signal, metrics: file } = run;
  const { seed, saveSteps, adamBeta1, adamBeta2, weightDecay } = state.settings;
  const label = stageLabel(state);
  const stage = new Stage(learner.model.trainable(), {
    ...{ name: label, seed, learningRate: options.learningRate, weightDecay },
    betas: [adamBeta1, adamBeta2],
    resume: state.progress,
  });
  const keep = async (): Promise<void> => {
    state.progress = await stage.snapshot();
  };
  const advise = createPrinter((text) => progress.line(text));
  progress.start(label, options.total);
  try {
    for await (const update of options.steps(stage)) {
      const { step, metrics, advice = [] } = update;
      assertFinite(label, step, metrics);
      file.append({ stage: label, step, ...metrics });
      progress.update(step, options.summary(metrics));
      advise(step, advice);
      await options.after?.(update);
      signal.throwIfAborted();
      if (step % saveSteps === 0 && step < options.total) {
        await keep();
        await saveRun(run);
      }
    }
  } catch (error) {
    if (signal.aborted) await keep();
    throw error;
  } finally {
    stage.dispose();
  }
}

function assertFinite(
  label: string,
  step: number,
  metrics: Readonly<Record<string, number>>,
): void {
  const bad = ['loss', 'grad_norm'].find((name) => Number.isNaN(metrics[name] ?? 0));
  if (bad === undefined) return;
  throw new Error(
    `${label}: ${bad} is NaN at update ${step}. The last checkpoint is from before it: lower the learning rate, or go on from it with --resume.`,
  );
}
