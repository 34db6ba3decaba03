import type { Environment, Random } from '@molrl/ef-env';
import sums, { type Sum, tasks } from '../../trainer/courses/sumsEnvironment.ts';
import { codewordsChatGame, codewordsGame } from '../../trainer/games/codewordsGame.ts';
import type { AttemptGame } from '../../trainer/method/attemptGame.ts';
import { type OwnRow, ownRows } from './ownRows.ts';
import type { EnvironmentName } from './plan.ts';

/** What is played: attempts that are scored, and the same with feedback in words over several attempts. */
export interface Playground {
  attempts: AttemptGame<object>;
  withFeedback?: (AttemptGame<object> & { maxTurns: number }) | undefined;
  /** Tasks that are measured and never trained on. Default: none. */
  heldOut?: readonly object[] | undefined;
}

const PLAYGROUNDS: Record<EnvironmentName, (rows: readonly OwnRow[]) => Playground> = {
  codewords: () => chains(codewordsGame(), { attempt: 52, turn: 56 }),
  codewordsChat: () => chains(codewordsChatGame(), { attempt: 96, turn: 96 }),
  sums: () => ({
    attempts: {
      environment: sums as Environment<object>, // its own tasks come to it
      nextTask: (random): Sum => random.choice(tasks),
      maxTokens: 8,
    },
  }),
  rows: ownRows,
};

/** @param rows - Of a file of one's own, for `rows`. */
export const playground = (name: EnvironmentName, rows: readonly OwnRow[] = []): Playground =>
  PLAYGROUNDS[name](rows);

type Chains = ReturnType<typeof codewordsGame>;

function chains(game: Chains, tokens: { attempt: number; turn: number }): Playground {
  const nextTask = (random: Random): object => game.nextTask(random, 0); // drawn, wherever it stands
  const played = (environment: Chains['environment']) => ({
    environment: environment as Environment<object>, // its own tasks come to it
    nextTask,
  });
  return {
    attempts: { ...played(game.environment), maxTokens: tokens.attempt },
    withFeedback: game.withFeedback && {
      ...{ ...played(game.withFeedback), maxTokens: tokens.turn, maxTurns: 4 },
    },
  };
}
