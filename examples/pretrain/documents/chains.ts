import {
  applyOperations,
  codewordsFeedback,
  DOMAIN_WORDS,
  FREE_WORDS,
  type Lexicon,
  miscTask,
  OPERATION_NAMES,
  type Operation,
  type Random,
} from '@molrl/ef-env';
import type { Turns } from './document.ts';

/** Operations in a chain. */
const MOST = 4;
const WORDS: readonly string[] = [...DOMAIN_WORDS, ...FREE_WORDS];

const digitsOf = (random: Random): string =>
  Array.from({ length: 4 }, () => random.integer(10)).join('');

const drawn = <T>(random: Random, from: readonly T[], most: number): T[] =>
  Array.from({ length: 1 + random.integer(most) }, () => random.choice(from));

/** A whole attempt: "4876 rav left 8764 bot pairs 7846" as its thought; of plain operations without the words. */
function attempt(
  digits: string,
  operations: readonly Operation[],
  words?: readonly string[],
): string {
  const results = applyOperations(operations, digits);
  const steps = operations.map((operation, i) =>
    [...(words ? [words[i]] : []), operation, results[i]].join(' '),
  );
  return `<think>\n${[digits, ...steps].join(' ')}\n</think>\n\n${results.at(-1)}`;
}

/** `3142 rev left inc` */
export function plainChain(random: Random): Turns {
  const [digits, operations] = [digitsOf(random), drawn(random, OPERATION_NAMES, MOST)];
  return [`${digits} ${operations.join(' ')}`, attempt(digits, operations)];
}

/** `Here bov inc, mol right. 8725 bov mol`: what the words mean stands in the prompt, and nowhere else. */
export function definedChain(random: Random): Turns {
  const lexicon = lexiconOf(random, random.sample(WORDS, 2 + random.integer(3)));
  const digits = digitsOf(random);
  const words = drawn(random, Object.keys(lexicon), MOST);
  const here = Object.entries(lexicon).map(([word, operation]) => `${word} ${operation}`);
  return [
    `Here ${here.join(', ')}. ${digits} ${words.join(' ')}`,
    attempt(digits, meaningsOf(words, lexicon), words),
  ];
}

const lexiconOf = (random: Random, words: readonly string[]): Record<string, Operation> =>
  Object.fromEntries(words.map((word) => [word, random.choice(OPERATION_NAMES)]));
const meaningsOf = (words: readonly string[], lexicon: Lexicon): Operation[] =>
  words.map((word) => lexicon[word]!); // of each

/** Most attempts of an episode. */
const TURNS = 5;

/**
 * Guesses, and what the environment says of them, until they are right. The words mean something new in every episode: how to
 * learn from the answers is what the model learns, and not what they say. Half of the solved ones go on with a new chain of
 * the same words.
 */
export function chainEpisode(random: Random): Turns {
  const words = drawn(random, WORDS, MOST);
  const lexicon = lexiconOf(random, words);
  const known = new Map<string, Operation>();
  const turns: string[] = [];
  let digits = digitsOf(random);
  let said = `${digits} ${words.join(' ')}`;
  for (let turn = 0; turn < TURNS; turn++) {
    const guess = Object.fromEntries(
      Object.keys(lexicon).map((word) => [word, known.get(word) ?? random.choice(OPERATION_NAMES)]),
    );
    const text = attempt(digits, meaningsOf(words, guess), words);
    turns.push(said, text);
    const answer = codewordsFeedback({ digits, words }, text, lexicon);
    // Steps before the first wrong one were right, and that one is told.
    const wrong = answer.right
      ? words.length
      : words.findIndex((word) => guess[word] !== lexicon[word]);
    for (const word of words.slice(0, wrong + 1)) known.set(word, lexicon[word]!); // of each
    said = answer.text;
    if (!answer.right) continue;
    if (random.integer(2) === 0) break;
    digits = digitsOf(random);
    words.splice(0, words.length, ...random.sample(words, words.length));
    said = `Right. Next: ${digits} ${words.join(' ')}`;
  }
  return turns;
}

/** `max 1006`: no thought is needed. */
export function digitQuestion(random: Random): Turns {
  const { question, answer } = miscTask(random);
  return [question, `<think>\n</think>\n\n${answer}`];
}
