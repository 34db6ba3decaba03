import {
  DOMAIN_WORDS,
  definitionsTask,
  FREE_WORDS,
  miscTask,
  plainTask,
  type QuizTask,
  type Random,
} from '@molrl/ef-env';

/** What the base could do before, drawn at random. */
export const SKILLS = {
  plain: (random: Random): QuizTask => plainTask(random),
  defs: (random: Random): QuizTask => definitionsTask(random, { words: FREE_WORDS }),
  redef: (random: Random): QuizTask => definitionsTask(random, { words: DOMAIN_WORDS }),
  misc: (random: Random): QuizTask => miscTask(random),
};
