import {
  createRandom,
  DOMAIN_WORDS,
  definitionsTask,
  FREE_WORDS,
  miscTask,
  mixSeeds,
  plainTask,
  type QuizTask,
  quiz,
  type Random,
  type Segment,
} from '@molrl/ef-env';
import type { Skills } from './game.ts';

/** What the base that ships could do before, drawn at random. */
export const SKILLS = {
  plain: (random: Random): QuizTask => plainTask(random),
  defs: (random: Random): QuizTask => definitionsTask(random, { words: FREE_WORDS }),
  redef: (random: Random): QuizTask => definitionsTask(random, { words: DOMAIN_WORDS }),
  misc: (random: Random): QuizTask => miscTask(random),
};

/** These as questions, the same in every run. */
export const codewordsSkills = (split: 'validation' | 'test'): Skills<QuizTask> => ({
  environment: quiz(),
  tasks: (count) =>
    Object.fromEntries(
      Object.entries(SKILLS).map(([name, draw]) => {
        const random = createRandom(mixSeeds('evaluation', split, name));
        return [name, Array.from({ length: count }, () => draw(random))];
      }),
    ),
});

/** A worked chain of plain operations, which the base knows. */
export function plainDocument(random: Random): Segment[] {
  const { question, solution } = plainTask(random);
  return [
    { speaker: 'user', kind: 'prompt', turn: 0, text: question },
    { speaker: 'assistant', kind: 'policy', turn: 0, text: solution },
  ];
}
