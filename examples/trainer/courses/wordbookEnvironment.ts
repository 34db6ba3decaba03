// What invented words mean, asked in English: a chain of code words without the digits, for a model that cannot learn to apply
// eight rules to four digits in minutes. Nobody says what the words mean; the answers of the environment do.
import {
  type CodewordsTask,
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

const listed = (words: readonly string[]): string => words.join(' and ');
export const wordbookQuestion = (words: readonly string[]): string =>
  `What ${words.length > 1 ? 'do' : 'does'} ${listed(words)} mean?`;

/** "rav means left, bot means pairs" */
export const wordbookAnswer = (
  words: readonly string[],
  meaningOf: (word: string) => string,
): string => words.map((word) => `${word} means ${meaningOf(word)}`).join(', ');

/** Undefined: right. Else what the first word means that is not told, or told wrong, as an answer would say it. */
function mistakeOf({ words }: CodewordsTask, said: string): string | undefined {
  const parts = said.trim().replace(/\.$/, '').split(', ');
  for (const [i, word] of words.entries()) {
    const right = wordbookAnswer([word], (own) => LEXICON[own]!); // of its tasks all are
    if (parts[i] !== right) return `${right}.`;
  }
  return parts.length === words.length ? undefined : 'Say nothing else.';
}

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
      const mistake = mistakeOf(task, action);
      const reward = mistake === undefined ? 1 : 0;
      if (feedback === 'none') return { reward, done: true };
      const words = mistake === undefined ? 'Right.' : `Not right: ${mistake} Please try again.`;
      return { feedback: words, reward, done: mistake === undefined };
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
const meanings = (random: Random, words: readonly string[]): ((word: string) => string) => {
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

const examples = createRandom(mixSeeds('wordbook', 'examples'));

/** The form, definitions and plain repetition; no code word with what it means. */
export const sftRows = Array.from({ length: 512 }, (_, i) => {
  if (i % 4 === 0) return definedRow(examples, FREE_WORDS);
  return i % 4 === 1 ? repeatedRow(examples) : guessedRow(examples);
});
