// Sums of 1 to 29 and 1 to 9, asked in words. A 135 M model gets none of them right before it is trained, not for want of the
// sums alone: it does not answer with a number only. 64 of the 261 pairs are held out of everything that is trained on.
import { createRandom, promptEnvironment } from '@molrl/ef-env';

export interface Sum {
  prompt: string;
  answer: number;
}

const ask = (question: string): string => `${question} Answer with the number only.`;

const SUMS: readonly Sum[] = Array.from({ length: 29 * 9 }, (_, i) => {
  const [a, b] = [1 + Math.floor(i / 9), 1 + (i % 9)];
  return { prompt: ask(`What is ${a} + ${b}?`), answer: a + b };
});

const HELD_OUT = 64;
const shuffled = createRandom(135).sample(SUMS, SUMS.length);

export const evalTasks = shuffled.slice(0, HELD_OUT);
export const tasks = shuffled.slice(HELD_OUT);

/** The number that an answer consists of. */
const numberIn = (text: string): number | undefined =>
  /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;

/** 1 for the sum, less the further away a number is, 0 for anything else: right and wrong alone would leave most groups equal. */
function reward(text: string, answer: number): number {
  const number = numberIn(text);
  if (number === undefined) return 0;
  return number === answer ? 1 : Math.max(0, 0.5 - Math.abs(number - answer) / 10);
}

export default promptEnvironment<Sum>({
  reward: (completions, { answer }) => completions.map((text, i) => reward(text, answer[i]!)), // a column has a value for each
});

/** For the stage `sft`: the sums that are not held out, and three kinds of question that show the form alone. */
export const sftRows = [...tasks.map(({ prompt, answer }) => row(prompt, answer)), ...formRows(84)];

function row(prompt: string, answer: number): { prompt: string; completion: string } {
  return { prompt, completion: String(answer) };
}

/** Successor, larger, repeat. */
function formRows(count: number): { prompt: string; completion: string }[] {
  const random = createRandom(136);
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [1 + random.integer(38), 1 + random.integer(38)];
    if (i % 3 === 0) return row(ask(`What number comes after ${a}?`), a + 1);
    if (i % 3 === 1) return row(ask(`Which is larger, ${a} or ${b}?`), Math.max(a, b));
    return row(ask(`Repeat the number ${a}.`), a);
  });
}
