import {
  javascriptSandbox,
  promptEnvironment,
  reasoningGym,
  type SandboxOptions,
} from '@molrl/ef-env';
import type { EnvironmentName, TrainerSettings } from '../../trainer/config/schema.ts';
import { codeEnvironments } from '../../trainer/games/codeEnvironments.ts';
import { codewordsChatGame, codewordsGame } from '../../trainer/games/codewordsGame.ts';
import { mathsEnvironment } from '../../trainer/games/mathsEnvironment.ts';
import { mixedEnvironment } from '../../trainer/games/mixedEnvironment.ts';
import { rewardByAnswer } from '../../trainer/games/rewardByAnswer.ts';
import { UnfitError } from '../../trainer/workers/queue/serveJobs.ts';
import type { RunRecord } from '../../trainer/workers/runRecord.ts';
import type { WorkedGame } from '../../trainer/workers/worker/workerFiles.ts';

/** What a tab starts for programs that are judged. */
type SandboxWorker = NonNullable<SandboxOptions['worker']>;

type Opener = (
  settings: TrainerSettings,
  worker: SandboxWorker,
) => Pick<WorkedGame, 'environment' | 'withFeedback' | 'close'>;

/** Those that need none of a user's files: what they play comes with the jobs. */
const OPEN: Partial<Record<EnvironmentName, Opener>> = {
  codewords: (settings) => codewordsGame(settings.eval),
  'codewords-chat': (settings) => codewordsChatGame(settings.eval),
  gym: () => ({
    environment: reasoningGym({ feedback: 'none' }),
    withFeedback: reasoningGym({ feedback: 'step' }),
  }),
  maths: ({ system }) => ({
    environment: mathsEnvironment({ system }),
    withFeedback: mathsEnvironment({ system, feedback: true }),
  }),
  prompt: ({ system, reward }) => {
    if (reward !== undefined) return refuse(`its reward is the file ${reward}`);
    return { environment: promptEnvironment({ reward: rewardByAnswer, system }) };
  },
  code: ({ language }, worker) => {
    if (language !== 'javascript') return refuse(`its programs are ${language}`);
    return codeEnvironments(javascriptSandbox({ worker }));
  },
};

/** The game of a run as a tab plays it. @throws {UnfitError} if it needs files that a tab has not. */
export function tabGame({ settings, files }: RunRecord, worker: SandboxWorker): WorkedGame {
  const { environment } = settings;
  const names = Object.hasOwn(files, environment)
    ? [environment]
    : environment.split('+').map((name) => name.trim());
  const games = names.map((name): WorkedGame => {
    const open = Object.hasOwn(files, name) ? undefined : OPEN[name as EnvironmentName];
    return open ? open(settings, worker) : refuse(`it plays ${name}`);
  });
  const [first] = games;
  if (games.length === 1 && first) return first;
  const teaching = games.flatMap(({ withFeedback }) => withFeedback ?? []);
  return {
    environment: mixedEnvironment(games.map(({ environment: each }) => each)),
    withFeedback: teaching.length === games.length ? mixedEnvironment(teaching) : undefined,
    close: async () => {
      for (const game of games) await game.close?.();
    },
  };
}

function refuse(what: string): never {
  throw new UnfitError(
    `worker: a tab cannot work for this run: ${what}. A tab plays ${Object.keys(OPEN).join(', ')} (programs in JavaScript, prompts that are rewarded by their answer). Start a worker of Node for it: npm run worker -- nats://…`,
  );
}
