// What a small model should know before it learns from feedback on the gym families and sums of `npm run compare`: other levels
// of the families, sums of two and of four digits, and chains of operations, which it has to keep.
import {
  createRandom,
  type GymFamilyName,
  type GymTask,
  gymTask,
  mixSeeds,
  plainTask,
  type Random,
  reasoningGym,
} from '@molrl/ef-env';
import type { SftRow } from '../../trainer/games/sftRow.ts';
import { sumQuestion, sumSolution, sumTask } from '../domains/sums.ts';

const FAMILIES: readonly GymFamilyName[] = ['knights_knaves', 'binary_matrix', 'shortest_path'];
/** One above that of the domains. */
const LEVEL = 1;

const lessons: readonly ((random: Random) => SftRow)[] = [
  ...FAMILIES.map((family) => (random: Random): SftRow => {
    const task = gymTask(family, { level: LEVEL, seed: random.integer(2 ** 32) });
    return { prompt: task.question, completion: task.answer! }; // these families tell one
  }),
  (random) => {
    const sum = sumTask(random, random.choice([2, 4]), 'train');
    return { prompt: sumQuestion(sum), completion: sumSolution(sum) };
  },
  (random) => {
    const { question, solution } = plainTask(random);
    return { prompt: question, completion: solution };
  },
];

const examples = createRandom(mixSeeds('lessons', 'examples'));
export const sftRows = Array.from({ length: 8192 }, (_, i) =>
  lessons[i % lessons.length]!(examples),
); // inside by the remainder

/** Evaluated on the level that the domains have. */
export default reasoningGym({ feedback: 'none' });
const held = createRandom(mixSeeds('lessons', 'held-out'));
export const evalTasks = Array.from({ length: 192 }, (_, i): GymTask => {
  const family = FAMILIES[i % FAMILIES.length]!; // inside by the remainder
  return gymTask(family, { level: 0, seed: held.integer(2 ** 32) });
});
export const nextTask = (random: Random): GymTask =>
  gymTask(random.choice(FAMILIES), { level: 0, seed: random.integer(2 ** 32) });
