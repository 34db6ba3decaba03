import { type CodeTask, codeEnvironment, type Environment, type Sandbox } from '@molrl/ef-env';
import type { Game } from './game.ts';

/** Programs by the share of their tests that pass, without words and with them. */
export function codeEnvironments(
  sandbox: Sandbox,
): Required<Pick<Game<CodeTask>, 'environment' | 'withFeedback' | 'close'>> {
  const attempts = (feedback: 'none' | 'step'): Environment<CodeTask> =>
    codeEnvironment({ sandbox, feedback, reward: 'share' });
  return {
    environment: attempts('none'),
    withFeedback: attempts('step'),
    close: () => sandbox.dispose(),
  };
}
