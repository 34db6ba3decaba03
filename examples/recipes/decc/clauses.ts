import {
  type Environment,
  promptEnvironment,
  type Random,
  type Segment,
  type StageRule,
  stages,
} from '@molrl/ef-env';
import { spoken } from '../start.ts';

/** A feeling's clause, and the clause that says why, counted from 1. */
export type Pair = readonly [feeling: number, cause: number];

/** Numbered clauses, and what is to be found in them. */
export interface Clauses {
  clauses: string[];
  /** In the order of the feelings. */
  pairs: Pair[];
}

const PEOPLE = ['sam', 'red', 'kit', 'gil'];
const FEELINGS = ['sad', 'glad', 'mad', 'shy'];
const EVENTS = ['lost', 'won', 'fell', 'met'];

/** One or two people feel something after something happened to them; to another something happens that moves nobody. */
export function clausesTask(random: Random): Clauses {
  const [one, other, third] = random.sample(PEOPLE, 3);
  const feelings = random.sample(FEELINGS, 2);
  const felt = [one, other].slice(0, 1 + random.integer(2)).map((person, i) => ({
    feeling: `${person} ${feelings[i]}`,
    cause: `${person} ${random.choice(EVENTS)}`,
  }));
  const clauses = [
    ...felt.flatMap(({ feeling, cause }) => [feeling, cause]),
    `${third} ${random.choice(EVENTS)}`,
  ];
  const shuffled = random.sample(clauses, clauses.length);
  const at = (clause: string): number => shuffled.indexOf(clause) + 1;
  const pairs = felt.map(({ feeling, cause }): Pair => [at(feeling), at(cause)]);
  return { clauses: shuffled, pairs: pairs.toSorted(([a], [b]) => a - b) };
}

const shownClauses = ({ clauses }: Clauses): string =>
  clauses.map((clause, i) => `${i + 1} ${clause}`).join('\n');

/** The question of one turn, and that of each stage. */
const ASKED = { pairs: 'Pairs?', recognise: 'Feelings?', locate: 'Where?', analyse: 'Why?' };
export const question = (task: Clauses): string => `${shownClauses(task)}\n${ASKED.pairs}`;

/** "3-1 5-4", an empty text of no pair. Undefined: it is neither. */
export function readPairs(text: string): Pair[] | undefined {
  const words = text.trim().split(/\s+/).filter(Boolean);
  if (!words.every((word) => /^\d-\d$/.test(word))) return undefined;
  return words.map((word): Pair => [Number(word[0]), Number(word[2])]);
}
const writePairs = (pairs: readonly Pair[]): string =>
  pairs.map((pair) => pair.join('-')).join(' ');

/** F1 of the pairs: 2 right / (said + wanted). A pair said twice counts as said twice. */
export function pairsF1(said: readonly Pair[] | undefined, wanted: readonly Pair[]): number {
  const all = new Set((said ?? []).map(String));
  const right = wanted.filter((pair) => all.has(String(pair))).length;
  return (2 * right) / ((said?.length ?? 0) + wanted.length);
}

/** What the stages of the prompt yield. */
interface Results {
  recognise: string[];
  locate: { feeling: string; clause: number }[];
  analyse: { cause: string; clause: number }[];
  pairs: Pair[];
}

type Rule = StageRule<Clauses, Results>;
const said = (clauses: readonly string[], number: number, word: string): boolean =>
  clauses[number - 1]?.split(' ').includes(word) ?? false;

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);
/** "sad 3 glad 5" */
const located = (text: string): Results['locate'] =>
  Array.from(text.matchAll(/(\w+) (\d)/g), ([, feeling, clause]) => ({
    feeling: feeling!, // both are in the pattern
    clause: Number(clause),
  }));
/** "1 sam lost; 4 red won" */
const analysed = (text: string): Results['analyse'] =>
  text.split('; ').map((part) => ({ clause: Number(part[0]), cause: part.slice(2) }));

/** The pruning: a feeling that no clause has, a clause without it, a cause that is not written there, a pair of neither. */
const RULES: { readonly [Name in keyof Results]: Rule } = {
  recognise: {
    name: 'occurs',
    check: (answer, { task }) => {
      const text = words(task.clauses.join(' '));
      const absent = words(answer).find((word) => !text.includes(word));
      if (absent !== undefined) return `'${absent}' occurs in no clause.`;
      return words(answer).length > 0 || 'No feeling is named.';
    },
  },
  locate: {
    name: 'located',
    check: (answer, { task, results }) => {
      const own = located(answer);
      const lost = results.recognise.find((word) => !own.some(({ feeling }) => feeling === word));
      if (lost !== undefined) return `'${lost}' has no clause.`;
      const bad = own.find(({ feeling, clause }) => !said(task.clauses, clause, feeling));
      return bad === undefined || `Clause ${bad.clause} does not say '${bad.feeling}'.`;
    },
  },
  analyse: {
    name: 'quoted',
    check: (answer, { task, results }) => {
      const own = analysed(answer);
      const bad = own.find(({ clause, cause }) => task.clauses[clause - 1] !== cause);
      if (bad !== undefined) return `Clause ${bad.clause || '?'} is not '${bad.cause}'.`;
      return own.length === results.locate.length || 'Each feeling needs one cause.';
    },
  },
  pairs: {
    name: 'followed',
    check: (answer, { results: { locate, analyse } }) => {
      const own = readPairs(answer);
      const known = (pair: Pair): boolean =>
        locate.some(({ clause }, i) => clause === pair[0] && analyse[i]!.clause === pair[1]); // as many
      return own?.every(known) || 'The pairs are not those that were found.';
    },
  },
};

/**
 * Emotion-cause pairs in four stages, one conversation: recognise, locate, analyse, summarise. With `pruned` each stage has
 * its rule, and the conversation ends where one is broken.
 */
export const stagedClauses = ({ pruned }: { pruned: boolean }): Environment<Clauses> => {
  const rules = <Name extends keyof Results>(name: Name): { rules: Rule[] } => ({
    rules: pruned ? [RULES[name]] : [],
  });
  return stages<Clauses, Results>({
    name: 'emotion-cause',
    context: 'all',
    stages: [
      {
        ...{ name: 'recognise', ...rules('recognise'), extract: words },
        prompt: (task) => `${shownClauses(task)}\n${ASKED.recognise}`,
      },
      { name: 'locate', ...rules('locate'), extract: located, prompt: () => ASKED.locate },
      { name: 'analyse', ...rules('analyse'), extract: analysed, prompt: () => ASKED.analyse },
      {
        ...{ name: 'pairs', ...rules('pairs'), prompt: () => ASKED.pairs },
        extract: (answer) => readPairs(answer) ?? [],
      },
    ],
    score: ({ pairs }, { task }) => pairsF1(pairs, task.pairs),
  });
};

/** The same in one turn, scored and nothing said: what is distilled into, and measured. */
export const directClauses: Environment<{ prompt: string } & Clauses> = promptEnvironment<
  { prompt: string } & Clauses
>({
  reward: (completions, { pairs }) =>
    completions.map((text, i) => pairsF1(readPairs(text), pairs[i]!)), // a column has a value for each
});

export const directTask = (random: Random): { prompt: string } & Clauses => {
  const task = clausesTask(random);
  return { ...task, prompt: question(task) };
};

/** A conversation through the stages without a mistake. */
export function stagedExample(random: Random): Segment[] {
  const task = clausesTask(random);
  const feelings = task.pairs.map(([feeling]) => ({
    word: task.clauses[feeling - 1]!.split(' ').at(-1)!, // "sam sad"
    clause: feeling,
  }));
  return spoken([
    `${shownClauses(task)}\n${ASKED.recognise}`,
    feelings.map(({ word }) => word).join(' '),
    ASKED.locate,
    feelings.map(({ word, clause }) => `${word} ${clause}`).join(' '),
    ASKED.analyse,
    task.pairs.map(([, cause]) => `${cause} ${task.clauses[cause - 1]}`).join('; '),
    ASKED.pairs,
    writePairs(task.pairs),
  ]);
}

/** The form of an answer in one turn, with pairs drawn at random. */
export function directExample(random: Random): Segment[] {
  const task = clausesTask(random);
  const any = (): number => 1 + random.integer(task.clauses.length);
  const pairs = Array.from({ length: 1 + random.integer(2) }, (): Pair => [any(), any()]);
  return spoken([question(task), writePairs(pairs)]);
}
