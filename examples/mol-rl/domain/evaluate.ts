import {
  applyOperations,
  codewordsTask,
  collect,
  createRandom,
  LEXICON,
  mixSeeds,
  type QuizTask,
  quiz,
  type Random,
  type Trajectory,
} from '@molrl/ef-env';
import type { Learner } from '../../trainer/method/learner.ts';
import { textDrift } from '../../trainer/method/textDrift.ts';
import type { GeneralText } from './generalText.ts';
import { SKILLS } from './skills.ts';

export interface EvaluateOptions {
  /** Held-out chains, tasks and text of this half: settings are chosen on `'validation'`, reported on `'test'`. */
  split: 'validation' | 'test';
  /** Tasks per cell. */
  tasks: number;
  /** Seed of the sampling at temperature 1. The tasks are the same for every seed. */
  seed: number;
  signal?: AbortSignal | undefined;
}

/** Successes out of `n` tasks. */
export interface Score {
  right: number;
  n: number;
}

/** Measured without any feedback. */
export interface Evaluation {
  /** Held-out chains of the domain, at temperature 1 and greedy. */
  domain: { t1: Score; greedy: Score };
  /** What the base could do, greedy. */
  skills: { plain: Score; defs: Score; redef: Score; misc: Score };
  /** Mean over the tokens of each text window, nats. */
  nll: number[];
  /** KL(model || base), mean over the tokens of each text window, nats. */
  kl: number[];
  /** A few domain answers, for the report. */
  dialogues: { question: string; answer: string; said: string; right: boolean }[];
}

const MAX_TOKENS = 56;

/** Asks everything once; the same tasks for every arm and seed. */
export async function evaluate(
  learner: Learner,
  text: GeneralText,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { split, tasks } = options;
  const draw = (family: string, make: (random: Random) => QuizTask): QuizTask[] => {
    const random = createRandom(mixSeeds('evaluation', split, family));
    return Array.from({ length: tasks }, () => make(random));
  };
  const domain = draw('domain', (random) => domainQuestion(random, split));
  const sampled = await ask(learner, domain, { ...options, temperature: 1 });
  const greedy = await ask(learner, domain, { ...options, temperature: 0 });
  const skill = async (name: keyof typeof SKILLS): Promise<Score> =>
    score(await ask(learner, draw(name, SKILLS[name]), { ...options, temperature: 0 }));
  return {
    domain: { t1: score(sampled), greedy: score(greedy) },
    skills: {
      plain: await skill('plain'),
      defs: await skill('defs'),
      redef: await skill('redef'),
      misc: await skill('misc'),
    },
    ...(await textDrift(learner, text[split], options.signal)),
    dialogues: sampled.slice(0, 4).map(dialogue),
  };
}

/** A held-out chain as a question without feedback. */
function domainQuestion(random: Random, split: 'validation' | 'test'): QuizTask {
  const { digits, words } = codewordsTask(random, { split });
  const meanings = words.map((word) => LEXICON[word]!); // tasks hold domain words only
  return {
    question: `${digits} ${words.join(' ')}`,
    answer: applyOperations(meanings, digits).at(-1)!, // at least two words
  };
}

const ask = (
  { policy }: Learner,
  tasks: QuizTask[],
  { seed, temperature, signal }: EvaluateOptions & { temperature: number },
): Promise<Trajectory[]> =>
  collect(quiz(), policy, {
    tasks,
    seed: mixSeeds(seed, 'evaluation'),
    maxTokens: MAX_TOKENS,
    temperature,
    concurrency: 128,
    signal,
  });

const score = (trajectories: readonly Trajectory[]): Score => ({
  right: trajectories.filter(({ reward }) => reward === 1).length,
  n: trajectories.length,
});

function dialogue({ task, segments, reward }: Trajectory): Evaluation['dialogues'][number] {
  const { question, answer } = task.data as QuizTask; // made by `draw` above
  return { question, answer, said: segments.at(-1)?.text ?? '', right: reward === 1 };
}
