// What invented words mean, asked in English: a chain of code words without the digits, for a model that cannot learn to apply
// eight rules to four digits in minutes. Nobody says what the words mean; the answers of the environment do.
import {
  type CodewordsTask,
  type ConversationMessage,
  codewordsTask,
  createRandom,
  DOMAIN_WORDS,
  defineEnvironment,
  type Environment,
  FREE_WORDS,
  LEXICON,
  mixSeeds,
  OPERATION_NAMES,
  type Random,
} from '@molrl/ef-env';
import type { SftRow } from '../games/sftRow.ts';

const listed = (words: readonly string[]): string => words.join(' and ');
export const wordbookQuestion = (words: readonly string[]): string =>
  `What ${words.length > 1 ? 'do' : 'does'} ${listed(words)} mean?`;

/** "rav means left, bot means pairs" */
export const wordbookAnswer = (words: readonly string[], meaningOf: Meaning): string =>
  words.map((word) => `${word} means ${meaningOf(word)}`).join(', ');

type Meaning = (word: string) => string;

/** Undefined: right. Else what the first word means that is not told, or told wrong, as an answer would say it. */
function mistakeOf(words: readonly string[], said: string, meaningOf: Meaning): string | undefined {
  const parts = said.trim().replace(/\.$/, '').split(', ');
  for (const [i, word] of words.entries()) {
    const right = wordbookAnswer([word], meaningOf);
    if (parts[i] !== right) return `${right}.`;
  }
  return parts.length === words.length ? undefined : 'Say nothing else.';
}

/** What the environment answers. */
const inWords = (mistake: string | undefined): string =>
  mistake === undefined ? 'Right.' : `Not right: ${mistake} Please try again.`;

/**
 * Tells what the first wrong word means, and lets the policy try again; `'none'` ends after one attempt.
 *
 *     user       What do rav and bot mean?
 *     assistant  rav means left, bot means flip
 *     user       Not right: bot means pairs. Please try again.
 */
export const wordbook = ({
  feedback = 'step',
}: {
  feedback?: 'step' | 'none' | undefined;
} = {}): Environment<CodewordsTask> =>
  defineEnvironment<CodewordsTask, CodewordsTask>({
    name: 'wordbook',
    reset: (task) => ({ observation: wordbookQuestion(task.words), state: task }),
    step: (task, action) => {
      const mistake = mistakeOf(task.words, action, (word) => LEXICON[word]!); // of its tasks all are
      const reward = mistake === undefined ? 1 : 0;
      if (feedback === 'none') return { reward, done: true };
      return { feedback: inWords(mistake), reward, done: mistake === undefined };
    },
  });

export default wordbook({ feedback: 'none' });
export const withFeedback = wordbook();

export const nextTask = (random: Random): CodewordsTask =>
  codewordsTask(random, { split: 'train', maxWords: 2 });

const drawn = createRandom(mixSeeds('wordbook', 'held-out'));
export const evalTasks = Array.from({ length: 128 }, () =>
  codewordsTask(drawn, { split: 'test', maxWords: 2 }),
);

const row = (prompt: string, completion: string) => ({ prompt, completion });
const meanings = (random: Random, words: readonly string[]): Meaning => {
  const own = new Map(words.map((word) => [word, random.choice(OPERATION_NAMES)]));
  return (word) => own.get(word)!; // of each
};

/** Words that the question defines, and asks for in another order. */
export function definedRow(random: Random, known: readonly string[]): ReturnType<typeof row> {
  const words = random.sample(known, 1 + random.integer(3));
  const meaningOf = meanings(random, words);
  const asked = random.sample(words, Math.min(2, words.length));
  return row(
    `Here ${wordbookAnswer(words, meaningOf)}. ${wordbookQuestion(asked)}`,
    wordbookAnswer(asked, meaningOf),
  );
}

/** Digits said again. */
export function repeatedRow(random: Random): ReturnType<typeof row> {
  const digits = Array.from({ length: 4 }, () => random.integer(10)).join('');
  return row(`Say the digits ${digits} again.`, digits);
}

/** A meaning that is new every time, so that the model guesses: one of eight. */
function guessedRow(random: Random): ReturnType<typeof row> {
  const words = random.sample([...FREE_WORDS, ...DOMAIN_WORDS], 1 + random.integer(2));
  return row(wordbookQuestion(words), wordbookAnswer(words, meanings(random, words)));
}

/** A guess, and what is said of it until it is right; what the words mean is new every time. */
function toldRow(random: Random): SftRow {
  const words = random.sample(FREE_WORDS, 1 + random.integer(2));
  const [meaningOf, guess] = [meanings(random, words), meanings(random, words)];
  const known = new Set<string>();
  const messages: ConversationMessage[] = [{ role: 'user', content: wordbookQuestion(words) }];
  for (;;) {
    const said = wordbookAnswer(words, (word) => (known.has(word) ? meaningOf : guess)(word));
    const mistake = mistakeOf(words, said, meaningOf);
    messages.push({ role: 'assistant', content: said });
    if (mistake === undefined) return { messages };
    messages.push({ role: 'user', content: inWords(mistake) });
    known.add(mistake.split(' ')[0]!); // it begins with the word
  }
}

const examples = createRandom(mixSeeds('wordbook', 'examples'));

/** The form, definitions, plain repetition, and what to do with an answer; no code word with what it means. */
export const sftRows: SftRow[] = Array.from({ length: 512 }, (_, i) => {
  if (i % 4 === 0) return definedRow(examples, FREE_WORDS);
  if (i % 4 === 1) return toldRow(examples);
  return i % 8 === 2 ? repeatedRow(examples) : guessedRow(examples);
});
