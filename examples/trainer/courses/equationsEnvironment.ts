// Linear equations of reasoning-gym (`simple_equations`), worked in two steps so that what the environment says is of the step
// that went wrong. The tasks are of the easiest level; the worked examples are of the next one, whose numbers go further.
import {
  createRandom,
  FREE_WORDS,
  type GymTask,
  gymTask,
  mixSeeds,
  type Random,
} from '@molrl/ef-env';
import { gymGame } from '../games/gymGame.ts';
import type { SftRow } from '../games/sftRow.ts';
import { definedRow, repeatedRow } from './wordbookEnvironment.ts';

const game = gymGame({ families: ['simple_equations'], level: 0, prompts: 1 });

export default game.environment;
export const { withFeedback } = game;
export const nextTask = (random: Random): GymTask => game.nextTask(random, 0);
export const evalTasks = game.heldOut(64);

/** `Solve for s: 6*s - 9 = 27` → `<think>27 + 9 = 36, 36 / 6 = 6</think>6` */
export function workedEquation({ question, answer }: GymTask): string {
  const [, a, sign, b, constant] = /: (\d+)\*\w ([+-]) (\d+) = (-?\d+)\./.exec(question)!; // levels 0 and 1
  const moved = Number(constant) + (sign === '-' ? 1 : -1) * Number(b);
  const inverse = sign === '-' ? '+' : '-';
  return `<think>${constant} ${inverse} ${b} = ${moved}, ${moved} / ${a} = ${answer}</think>${answer}`;
}

function workedRow(random: Random): SftRow {
  const task = gymTask('simple_equations', { level: 1, seed: random.integer(2 ** 32) });
  return { prompt: task.question, completion: workedEquation(task) };
}

const examples = createRandom(mixSeeds('equations', 'examples'));

/** The form and the work of the level above, and the plain skills that may be forgotten. */
export const sftRows: SftRow[] = Array.from({ length: 640 }, (_, i) => {
  if (i % 4 === 1) return definedRow(examples, FREE_WORDS);
  return i % 8 === 3 ? repeatedRow(examples) : workedRow(examples);
});
