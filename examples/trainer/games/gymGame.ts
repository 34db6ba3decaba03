import {
  GYM_FAMILIES,
  type GymFamilyName,
  type GymTask,
  gymTask,
  reasoningGym,
} from '@molrl/ef-env';
import type { Game } from './game.ts';
import type { SftRow } from './sftRows.ts';

/** Seeds of worked examples lie above all that training draws, those of held-out tasks above both. */
const FIRST_EXAMPLE = 2 ** 36;
const FIRST_HELD_OUT = 2 ** 40;

/** Worked examples for the stage `sft`. */
const EXAMPLES = 512;

export interface GymGameOptions {
  families?: readonly string[] | undefined;
  /** At first, and of held-out tasks where there is no later one. */
  level: number;
  /** At the end: the levels between are played for equal numbers of prompts. */
  lastLevel?: number | undefined;
  /** Prompts of a whole stage, over which the level rises. */
  prompts: number;
}

/** Procedural tasks of some of the 30 families; held-out ones are of the last level. */
export function gymGame({
  families,
  level,
  lastLevel = level,
  prompts,
}: GymGameOptions): Game<GymTask> {
  if (lastLevel < level) {
    throw new Error(
      `lastLevel: must be at least level (${level}), got ${lastLevel}. A curriculum goes up.`,
    );
  }
  const names = (families ?? Object.keys(GYM_FAMILIES)) as GymFamilyName[]; // gymTask refuses others by name
  /** A family that has fewer levels stays at its hardest. */
  const taskOf = (name: GymFamilyName, wanted: number, seed: number): GymTask =>
    gymTask(name, { level: wanted > level ? Math.min(wanted, hardest(name)) : wanted, seed });
  for (const name of names) taskOf(name, level, 0);
  const levelAt = (position: number): number =>
    Math.min(lastLevel, level + Math.floor((position * (lastLevel - level + 1)) / prompts));
  return {
    environment: reasoningGym({ feedback: 'none' }),
    withFeedback: reasoningGym({ feedback: 'step' }),
    nextTask: (random, position) =>
      taskOf(random.choice(names), levelAt(position), random.integer(2 ** 32)),
    get sftRows() {
      return examples(names, (name, i) => taskOf(name, level, FIRST_EXAMPLE + i));
    },
    heldOut: (count) =>
      Array.from(
        { length: count },
        (_, i) => taskOf(names[i % names.length]!, lastLevel, FIRST_HELD_OUT + i), // inside by the remainder
      ),
    isRight: ({ reward }) => reward === 1,
    accuracy: 'the family judges the answer right',
    files: {},
  };
}

/** Of tasks that have a right answer; where several are right, one of them. */
function examples(
  names: readonly GymFamilyName[],
  taskOf: (name: GymFamilyName, i: number) => GymTask,
): SftRow[] {
  const tasks = Array.from({ length: EXAMPLES }, (_, i) => taskOf(names[i % names.length]!, i)); // inside by the remainder
  return tasks.flatMap(({ question, answer }) =>
    answer === null ? [] : [{ prompt: question, completion: answer }],
  );
}

const hardest = (name: GymFamilyName): number => GYM_FAMILIES[name].levels - 1;
