import type { PolicyLossCall } from '@molrl/grpo';
import type { TrainerSettings } from '../config/schema.ts';
import { completionRows } from '../harness/completionRows.ts';
import type { Run } from '../harness/run.ts';
import { generalWindows } from '../method/generalWindows.ts';
import { grpo } from '../method/grpo.ts';
import { rateSchedule } from '../method/rateSchedule.ts';
import { driveStage } from './driveStage.ts';
import { evaluateNow } from './evalStage.ts';

/** GRPO on scored attempts. */
export async function grpoStage(run: Run): Promise<void> {
  const { learner, game, state, text, signal, progress } = run;
  const { grpo: settings, eval: evaluation } = state.settings;
  const { updates, learningRate } = settings;
  await driveStage(run, {
    learningRate,
    total: updates,
    steps: (stage) =>
      grpo(learner, stage, {
        ...settings,
        game: { ...game, maxTokens: settings.maxCompletionLength },
        nextGeneral: generalWindows(text.train),
        loss: lossOf(settings),
        schedule: rateSchedule(settings, updates),
        ...{ signal, onWarning: (message) => progress.line(message) },
      }),
    summary: (metrics) => `reward ${metrics.reward?.toFixed(3)}`,
    after: async ({ step, episodes, metrics }) => {
      const { numGenerations } = settings;
      const rows = episodes ? completionRows({ step, ...episodes, numGenerations }) : [];
      for (const row of rows) run.completions.append(row);
      const { everySteps } = evaluation;
      progress.line(`grpo ${step}/${updates}  reward ${metrics.reward?.toFixed(3)}`);
      if (everySteps !== undefined && step % everySteps === 0 && step < updates)
        await evaluateNow(run, step);
    },
  });
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
