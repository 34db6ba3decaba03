import type { Random } from '../../base/random.ts';
import type { QuizTask } from '../quiz.ts';
import { randomDigits } from './codewordsTask.ts';

const DIGIT_QUESTIONS = {
  max: (digits: number[]) => Math.max(...digits),
  min: (digits: number[]) => Math.min(...digits),
  first: (digits: number[]) => digits[0],
  last: (digits: number[]) => digits.at(-1),
};

/** `max 1006`, `min`, `first`, `last`: questions about digits that need no thought. */
export function miscTask(random: Random): QuizTask {
  const digits = randomDigits(random);
  const names = Object.keys(DIGIT_QUESTIONS) as (keyof typeof DIGIT_QUESTIONS)[]; // keys of a literal
  const name = random.choice(names);
  return {
    question: `${name} ${digits}`,
    answer: String(DIGIT_QUESTIONS[name](Array.from(digits, Number))),
  };
}
