import { readTrajectories } from '@molrl/ef-env';
import { readFeedbackRows } from '../games/feedbackRows.ts';
import { scoresOfStage } from '../harness/bestModel.ts';
import { type Run, trajectoriesFile } from '../harness/run.ts';
import { generalData } from '../method/generalData.ts';
import { rateSchedule } from '../method/rateSchedule.ts';
import { teach } from '../method/teach.ts';
import { changesOfStage } from './changesOfStage.ts';
import { driveStage } from './driveStage.ts';

/** Learns what the environment said in the collected episodes. */
export async function molStage(run: Run): Promise<void> {
  const { learner, game, state, text, out, progress } = run;
  const { seed, mol } = state.settings;
  const file = mol.data ?? trajectoriesFile(out);
  const onWarning = (message: string): void => progress.line(message);
  const played =
    mol.data === undefined
      ? await readTrajectories(file, { onWarning }).catch(() => []) // told below
      : await readFeedbackRows(mol.data, onWarning);
  const episodes = played.map(({ segments }) => learner.render(segments));
  if (!episodes.some(({ roles }) => roles.includes('environment'))) {
    throw new Error(
      `mol: ${file} has no episode with feedback. Put \`collect\` before \`mol\` in --stages, or give --mol.data FILE; if there was a \`collect\`, every first attempt was right and there is nothing to teach.`,
    );
  }
  const { updates, learningRate } = mol;
  await driveStage(run, {
    learningRate,
    total: updates,
    steps: (stage) =>
      teach(learner, stage, {
        ...mol,
        ...{ episodes, seed },
        nextGeneral: generalData(learner, text.train, game.generalDocument),
        schedule: rateSchedule(mol, updates, () => scoresOfStage(state)),
        tuned: changesOfStage(state),
      }),
    summary: (metrics) =>
      `CE ${metrics['mol/ce']?.toFixed(3)}${metrics['mol/kl'] === undefined ? '' : ` KL ${metrics['mol/kl'].toFixed(4)}`}`,
  });
}
