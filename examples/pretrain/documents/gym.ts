import { type GymFamilyName, gymScore, gymTask, type Random } from '@molrl/ef-env';
import type { Turns } from './document.ts';

/** Families that `npm run compare` asks at level 0, and what a wrong answer has in place of a right part. */
const FAMILIES: readonly { family: GymFamilyName; parts: readonly string[] }[] = [
  { family: 'knights_knaves', parts: ['knight', 'knave'] },
  { family: 'binary_matrix', parts: ['0', '1', '2', '3'] },
  { family: 'shortest_path', parts: ['up', 'down', 'left', 'right'] },
];
/** Levels that are learned from: what the level below asks is held out. */
const LEVELS = [1, 2];

/** A task with its answer, in a third of the documents after a wrong one and its first mistake. */
export function gymDocument(random: Random): Turns {
  const { family, parts } = random.choice(FAMILIES);
  const task = gymTask(family, { level: random.choice(LEVELS), seed: random.integer(2 ** 32) });
  const right = task.answer!; // these families tell one
  if (random.integer(3) > 0) return [task.question, right];
  const wrong = withAnother(random, right, parts);
  const { mistake } = gymScore(task, wrong);
  return mistake === null
    ? [task.question, wrong] // another right one
    : [task.question, { mistake: wrong }, `${mistake} Try again.`, right];
}

/** One part of the answer is another. */
function withAnother(random: Random, answer: string, parts: readonly string[]): string {
  const places = Array.from(answer.matchAll(/[a-z]+|\d/g)).filter(([part]) => parts.includes(part));
  const { index, 0: part } = random.choice(places);
  const other = random.choice(parts.filter((name) => name !== part));
  return answer.slice(0, index) + other + answer.slice(index + part.length);
}
