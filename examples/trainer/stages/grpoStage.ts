import type { PolicyLossCall, RolloutCorrectionOptions } from '@molrl/grpo';
import type { TrainerSettings } from '../config/schema.ts';
import { scoresOfStage } from '../harness/bestModel.ts';
import { areKept, completionRows } from '../harness/completionRows.ts';
import { type Run, stageLabel } from '../harness/run.ts';
import type { Draw } from '../method/episodeSource.ts';
import { generalData } from '../method/generalData.ts';
import { grpo } from '../method/grpo.ts';
import { rateSchedule } from '../method/rateSchedule.ts';
import { changesOfStage } from './changesOfStage.ts';
import { driveStage } from './driveStage.ts';

/** GRPO on scored attempts. */
export async function grpoStage(run: Run): Promise<void> {
  const { learner, game, state, text, signal, progress } = run;
  const { grpo: settings } = state.settings;
  const { updates, learningRate, maxStaleness } = settings;
  await driveStage(run, {
    learningRate,
    total: updates,
    steps: (stage) =>
      grpo(learner, stage, {
        ...settings,
        game: { ...game, maxTokens: settings.maxCompletionLength },
        nextGeneral: generalData(learner, text.train, game.generalDocument),
        loss: lossOf(settings),
        draw: drawOf(settings),
        rolloutCorrection: correctionOf(settings),
        schedule: rateSchedule(settings, updates, () => scoresOfStage(state)),
        tuned: changesOfStage(state),
        ...{ signal, onWarning: (message) => progress.line(message) },
      }),
    summary: (metrics) => `reward ${metrics.reward?.toFixed(3)}`,
    after: async ({ step, episodes, metrics }) => {
      if (episodes && areKept({ step, updates })) {
        const stage = stageLabel(state);
        const { numGenerations } = settings;
        const update = { stage, step, ...episodes, numGenerations };
        for (const row of completionRows(learner, update)) run.completions.append(row);
      }
      progress.line(
        `grpo ${step}/${updates}  reward ${metrics.reward?.toFixed(3)}  ${differenceIn(metrics)}`,
      );
    },
  });
  if (maxStaleness > 0) progress.line(savedTime(run));
}

/** How far the sampler's log-probs are from the trainer's; without an update nothing was compared. */
function differenceIn(metrics: Readonly<Record<string, number>>): string {
  const largest = metrics['sampling/sampling_logp_difference/max'];
  if (largest !== undefined)
    return `sampler/trainer log-prob difference ${largest.toExponential(1)}`;
  const done = metrics['mol/kl'] === undefined ? 'no update' : 'held to the base only';
  return `no group has unequal rewards: ${done}`;
}

/** What playing ahead was worth. */
function savedTime({ metrics, state }: Run): string {
  const label = stageLabel(state);
  const rows = metrics.rows.filter(({ stage }) => stage === label);
  const [waited, hidden, dropped] = (
    ['perf/rollouts_waited_s', 'perf/rollouts_hidden_s', 'staleness/dropped'] as const
  ).map((name) => rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0));
  return `grpo  stood still for rollouts for ${waited!.toFixed(1)} s; playing them ahead saved ${hidden!.toFixed(1)} s; ${dropped} groups got too old and were dropped`;
}

function drawOf({ topK, topP, minP }: TrainerSettings['grpo']): Draw | undefined {
  const isFiltered = [topK, topP, minP].some((filter) => filter !== undefined);
  return isFiltered ? { topK, topP, minP } : undefined;
}

function correctionOf(settings: TrainerSettings['grpo']): RolloutCorrectionOptions | undefined {
  const { samplerCorrection: mode, samplerCorrectionCap: clipMax } = settings;
  return mode === 'none' ? undefined : { mode, clipMax };
}

/** The loss with what was set of its options; what its formula has not, policyLoss refuses. */
function lossOf(settings: TrainerSettings['grpo']): PolicyLossCall {
  const { lossType, beta, epsilon, epsilonHigh, entropyCoef, maxCompletionLength } = settings;
  const call = {
    lossType,
    ...(beta > 0 && { beta }),
    ...(epsilon !== undefined && { epsilon }),
    ...(epsilonHigh !== undefined && { epsilonHigh }),
    ...(entropyCoef !== 0 && { entropyCoef }),
    ...(lossType === 'dr_grpo' && { maxCompletionLength }),
  };
  return call as PolicyLossCall; // a name and options of the schema, which are those of the losses
}
