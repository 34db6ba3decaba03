import type { Environment } from '@molrl/ef-env';
import type { Game } from './game.ts';

/** What the stages that learn from words play. @throws {Error} if the game only scores. */
export function feedbackGame<Task extends object>(
  game: Pick<Game<Task>, 'withFeedback' | 'nextTask' | 'nextTaskWithFeedback'>,
  stage: 'collect' | 'live',
): { environment: Environment<Task>; nextTask: Game<Task>['nextTask'] } {
  const { withFeedback, nextTask, nextTaskWithFeedback = nextTask } = game;
  if (withFeedback) return { environment: withFeedback, nextTask: nextTaskWithFeedback };
  const instead = stage === 'live' ? 'Take grpo' : 'Leave collect and mol out';
  throw new Error(
    `stages: \`${stage}\` needs an environment that answers in words, and this one only scores. ${instead}, or give one with feedback (maths, gym, codewords, or a file of yours).`,
  );
}
