import { writeTrajectories } from '@molrl/ef-env';
import { feedbackGame } from '../games/feedbackGame.ts';
import { type Run, trajectoriesFile } from '../harness/run.ts';
import { collectFeedback, rightByTurn } from '../method/collect.ts';
import { localEpisodes } from '../method/episodeSource.ts';
import { urlPolicy } from '../method/urlPolicy.ts';

/**
 * Plays episodes with feedback, for the stage `mol`. Finished ones are kept in trajectories.jsonl, also when it is stopped;
 * at the end they stand there in the order of their tasks, whoever was done first.
 */
export async function collectStage(run: Run): Promise<void> {
  const { learner, game, state, progress, signal, out } = run;
  const { seed, collect, grpo } = state.settings;
  const { episodes, maxTurns, url, model, tokenVariable } = collect;
  const { maxCompletionLength: maxTokens = grpo.maxCompletionLength } = collect;
  const file = trajectoriesFile(out);
  const player =
    url === undefined
      ? learner.episodes
      : localEpisodes(() => urlPolicy({ url, model, token: process.env[tokenVariable] }));
  progress.start('collect', episodes, { next: state.settings.stages.slice(state.stage + 1) });
  const played = await collectFeedback(
    player,
    { ...feedbackGame(game, 'collect'), maxTurns, maxTokens },
    {
      ...{ episodes, seed, signal, file },
      onProgress: ({ done }) => progress.update(done, 'episodes'),
      onWarning: (message) => progress.line(message),
    },
  );
  await writeTrajectories(file, played);
  progress.line(
    `collect  ${episodes} episodes, right at attempt 1 to ${maxTurns}: ${rightByTurn(played, maxTurns).join('/')}`,
  );
}
