import {
  type ChatExample,
  codewordsChatExample,
  DOMAIN_WORDS,
  defineEnvironment,
  FREE_WORDS,
  type QuizTask,
  quiz,
  type Random,
  type Segment,
} from '@molrl/ef-env';
import { definedRow, repeatedRow } from '../../trainer/courses/wordbookEnvironment.ts';
import { plainDocument, SKILLS } from '../../trainer/games/codewordsSkills.ts';
import type { Skills } from './domain.ts';

/** In the form of the base that ships: rules by their names, by words defined in the question, by code words defined anew. */
export const SHORT_SKILLS: Skills = {
  environment: quiz(),
  tasks: SKILLS,
  document: plainDocument,
};

/** The same as an English conversation asks. */
export const CHAT_SKILLS: Skills = {
  environment: defineEnvironment<QuizTask, QuizTask>({
    name: 'chat-quiz',
    reset: (task) => ({ observation: task.question, state: task }),
    step: ({ answer }, action) => ({ reward: Number(answerOf(action) === answer), done: true }),
  }),
  tasks: {
    plain: (random) => chatTask(random, false),
    defs: (random) => chatTask(random, true),
    redef: (random) => renamed(chatTask(random, true), random),
  },
  document: (random) => conversation(exampleOf(random, false)),
};

/** The last "Answer: digits". */
const answerOf = (text: string): string | undefined =>
  Array.from(text.matchAll(/^\s*answer\s*:\s*(\d+)/gim), ([, digits]) => digits).at(-1);

/** A worked example, by names or by words that it defines. */
function exampleOf(random: Random, isDefined: boolean): ChatExample {
  for (;;) {
    const example = codewordsChatExample(random);
    if (example.prompt.startsWith('Here ') === isDefined) return example;
  }
}

/** The same as a question. */
function chatTask(random: Random, isDefined: boolean): QuizTask {
  const { prompt, completion } = exampleOf(random, isDefined);
  return { question: prompt, answer: answerOf(completion)! }; // it ends in one
}

/** Free words become code words, which mean here what the question says. */
function renamed({ question, answer }: QuizTask, random: Random): QuizTask {
  const words = random.sample(DOMAIN_WORDS, DOMAIN_WORDS.length);
  const used = FREE_WORDS.filter((word) => new RegExp(`\\b${word}\\b`).test(question));
  const rename = (word: string): string => words[used.indexOf(word)] ?? word;
  return { question: question.replaceAll(/\b[a-z]{3}\b/g, rename), answer };
}

/** Digits to repeat, words that the question defines, and code words that mean another thing there. */
export const WORDBOOK_SKILLS: Skills = {
  environment: defineEnvironment<QuizTask, QuizTask>({
    name: 'wordbook-quiz',
    reset: (task) => ({ observation: task.question, state: task }),
    step: ({ answer }, action) => ({ reward: Number(action.trim() === answer), done: true }),
  }),
  tasks: {
    plain: (random) => asked(repeatedRow(random)),
    defs: (random) => asked(definedRow(random, FREE_WORDS)),
    redef: (random) => asked(definedRow(random, DOMAIN_WORDS)),
  },
  document: (random) => conversation(repeatedRow(random)),
};

const asked = ({ prompt, completion }: ChatExample): QuizTask => ({
  ...{ question: prompt, answer: completion },
});

const conversation = ({ prompt, completion }: ChatExample): Segment[] => [
  { speaker: 'user', kind: 'prompt', turn: 0, text: prompt },
  { speaker: 'assistant', kind: 'policy', turn: 0, text: completion },
];
