import {
  GYM_FAMILIES,
  type GymFamilyName,
  type GymTask,
  gymTask,
  reasoningGym,
} from '@molrl/ef-env';
import type { Game } from './game.ts';

/** Seeds of held-out tasks lie above all that training draws. */
const FIRST_HELD_OUT = 2 ** 40;

/** Procedural tasks of some of the 30 families, all at one level. */
export function gymGame({
  families,
  level,
}: {
  families: readonly string[] | undefined;
  level: number;
}): Game<GymTask> {
  const names = (families ?? Object.keys(GYM_FAMILIES)) as GymFamilyName[]; // gymTask refuses others by name
  for (const name of names) gymTask(name, { level, seed: 0 });
  return {
    environment: reasoningGym({ feedback: 'none' }),
    withFeedback: reasoningGym({ feedback: 'step' }),
    nextTask: (random) => gymTask(random.choice(names), { level, seed: random.integer(2 ** 32) }),
    heldOut: (count) =>
      Array.from(
        { length: count },
        (_, i) => gymTask(names[i % names.length]!, { level, seed: FIRST_HELD_OUT + i }), // inside by the remainder
      ),
    isRight: ({ reward }) => reward === 1,
    accuracy: 'the family judges the answer right',
    files: {},
  };
}
