import { feedbackGame } from '../games/feedbackGame.ts';
import { scoresOfStage } from '../harness/bestModel.ts';
import type { Run } from '../harness/run.ts';
import { live } from '../method/live/live.ts';
import { PRESETS } from '../method/live/presets.ts';
import { rateSchedule } from '../method/rateSchedule.ts';
import { changesOfStage } from './changesOfStage.ts';
import { driveStage } from './driveStage.ts';

/** Learns from what is said of the model's own attempts, by one of the methods of docs/methods. */
export async function liveStage(run: Run): Promise<void> {
  const { learner, game, state, signal, progress } = run;
  const { live: settings, grpo } = state.settings;
  const { updates, learningRate } = settings;
  const played = feedbackGame(game, 'live');
  const method = PRESETS[settings.method](learner);
  try {
    await driveStage(run, {
      ...{ learningRate, total: updates, alongside: method.memory },
      steps: (stage) =>
        live(learner, stage, {
          ...settings,
          game: {
            ...{ ...played, part: 'withFeedback' },
            maxTokens: grpo.maxCompletionLength,
          },
          episodeTimeout: grpo.episodeTimeout,
          ...{ method, signal, tuned: changesOfStage(state) },
          schedule: rateSchedule(settings, updates, () => scoresOfStage(state)),
          onWarning: (message) => progress.line(message),
        }),
      summary: (metrics) => `reward ${metrics.reward?.toFixed(3)}`,
    });
  } finally {
    method.dispose();
  }
}
