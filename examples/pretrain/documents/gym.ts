import { type GymFamilyName, gymScore, gymTask, type Random } from '@molrl/ef-env';
import type { Turns } from './document.ts';

/** Families that `npm run compare` asks at level 0, and a wrong answer in place of a right one. */
const FAMILIES: readonly {
  family: GymFamilyName;
  wrong(random: Random, right: string): string;
}[] = [
  { family: 'knights_knaves', wrong: otherRole },
  { family: 'largest_island', wrong: otherNumber },
  { family: 'simple_equations', wrong: otherNumber },
];
/** Levels that are learned from: what the level below asks is held out. */
const LEVELS = [1, 2];

/** A task with its answer, in a third of the documents after a wrong one and its first mistake. */
export function gymDocument(random: Random): Turns {
  const { family, wrong: mistaken } = random.choice(FAMILIES);
  const task = gymTask(family, { level: random.choice(LEVELS), seed: random.integer(2 ** 32) });
  const right = task.answer!; // these families tell one
  if (random.integer(3) > 0) return [task.question, right];
  const wrong = mistaken(random, right);
  const { mistake } = gymScore(task, wrong);
  return mistake === null
    ? [task.question, wrong] // another right one
    : [task.question, { mistake: wrong }, `${mistake} Try again.`, right];
}

/** One knight is a knave, or the other way round. */
function otherRole(random: Random, right: string): string {
  const places = [...right.matchAll(/knight|knave/g)];
  const { index, 0: role } = random.choice(places);
  const other = role === 'knight' ? 'knave' : 'knight';
  return right.slice(0, index) + other + right.slice(index + role.length);
}

/** A number near it. */
function otherNumber(random: Random, right: string): string {
  return `${Number(right) + (1 + random.integer(3)) * random.choice([-1, 1])}`;
}
