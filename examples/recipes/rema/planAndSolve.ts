import {
  afterThinking,
  applyOperations,
  type Dialogue,
  defineDialogue,
  LEXICON,
  OPERATION_NAMES,
  type Random,
} from '@molrl/ef-env';

/** Invented words in the order in which they are to be applied to four digits. */
export interface PlanTask {
  digits: string;
  words: string[];
}

export type Role = 'planner' | 'solver';

/** One set of weights plays both: the system message says which one it is. */
export const SYSTEM: Readonly<Record<Role, string>> = { planner: 'plan', solver: 'solve' };

/** What the planner says when it has nothing more to do. */
export const FINISH = '[FINISH]';

interface Talk {
  task: PlanTask;
  /** What the solver said last. */
  result: string;
}

/**
 * The planner sees the words, whose meaning nobody tells, and says an operation by its plain name; the solver sees that and
 * the digits, and computes; the planner is told what came out. 1 where the planner finished and the result is right. A
 * dialogue that does not finish has 0 (ReMA's `mask_unfinished_reward`).
 */
export const planAndSolve: Dialogue<PlanTask, Role> = defineDialogue<PlanTask, Talk, Role>({
  name: 'plan-and-solve',
  roles: ['planner', 'solver'],
  system: SYSTEM,
  maxTurns: 3,
  reset: (task) => ({
    views: { planner: `${task.digits} ${task.words.join(' ')}` },
    state: { task, result: task.digits },
  }),
  step: (state, { role, action }) => {
    const said = action.trim();
    if (role === 'solver') {
      state.result = afterThinking(said).trim();
      return { observations: { planner: state.result }, reward: 0, done: false };
    }
    if (said !== FINISH)
      return { observations: { solver: `${state.result} ${said}` }, reward: 0, done: false };
    return { reward: Number(state.result === rightResult(state.task)), done: true };
  },
});

export const rightResult = ({ digits, words }: PlanTask): string =>
  applyOperations(
    words.map((word) => LEXICON[word]!), // words of the lexicon
    digits,
  ).at(-1)!;

const digitsOf = (random: Random): string =>
  Array.from({ length: 4 }, () => random.integer(10)).join('');

/** Tasks of one word of the first `words` of the lexicon. */
export const planTask =
  (words: number) =>
  (random: Random): PlanTask => ({
    digits: digitsOf(random),
    words: [random.choice(Object.keys(LEXICON).slice(0, words))],
  });

/** What the model knows before: how to play both roles, what the operations do, and nothing of the words. */
export function playedRoles(random: Random): Record<Role, string[]> {
  const [digits, operation] = [digitsOf(random), random.choice(OPERATION_NAMES)];
  const result = applyOperations([operation], digits)[0]!;
  const word = random.choice(Object.keys(LEXICON));
  return {
    planner: [`${digits} ${word}`, operation, result, FINISH],
    solver: [
      `${digits} ${operation}`,
      `<think>\n${digits} ${operation} ${result}\n</think>\n\n${result}`,
    ],
  };
}
