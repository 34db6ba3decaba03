import {
  GYM_FAMILIES,
  type GymFamilyName,
  type GymTask,
  gymTask,
  mixSeeds,
  reasoningGym,
} from '@molrl/ef-env';
import type { Game } from './game.ts';
import type { SftRow } from './sftRow.ts';

/** Seeds that are tried for a task of the wanted side; each step lies above all that `random.integer` draws. */
const TRIES = 256;
const STEP = 2 ** 32;
/** Seeds of worked examples lie above all that training draws. */
const FIRST_EXAMPLE = TRIES * STEP;

/** A quarter of the questions is never trained on: the same text asked again is on the same side, whatever its seed. */
const isHeldOut = ({ question }: GymTask): boolean => mixSeeds('held-out', question) < 0x4000_0000;

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
  /** The first from a seed on that is held out, or is not. */
  const taskOn = (heldOut: boolean, name: GymFamilyName, of: { level: number; seed: number }) => {
    for (let i = 0; i < TRIES; i++) {
      const task = taskOf(name, of.level, of.seed + i * STEP);
      if (isHeldOut(task) === heldOut) return task;
    }
    throw new Error(
      `families: ${name} has too few different tasks at level ${of.level} to hold some out. Take a higher level, or leave it out.`,
    );
  };
  for (const name of names) taskOf(name, level, 0);
  const levelAt = (position: number): number =>
    Math.min(lastLevel, level + Math.floor((position * (lastLevel - level + 1)) / prompts));
  return {
    environment: reasoningGym({ feedback: 'none' }),
    withFeedback: reasoningGym({ feedback: 'step' }),
    nextTask: (random, position) =>
      taskOn(false, random.choice(names), {
        level: levelAt(position),
        seed: random.integer(STEP),
      }),
    get sftRows() {
      return examples(names, (name, i) => taskOn(false, name, { level, seed: FIRST_EXAMPLE + i }));
    },
    heldOut: (count) =>
      Array.from(
        { length: count },
        (_, i) => taskOn(true, names[i % names.length]!, { level: lastLevel, seed: i }), // inside by the remainder
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
