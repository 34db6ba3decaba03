import type { Random } from '../../../base/random.ts';
import { type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';

/** `['lying', 1]`: person 1 is a knave; other heads combine statements. */
export type Statement =
  | ['lying' | 'telling-truth', number]
  | ['not', Statement]
  | ['and' | 'or' | '->' | '<=>', ...Statement[]];

export interface KnightsKnavesData {
  statements: Statement[];
  names: string[];
  knight_knave_terms: { knight: string; knave: string };
}

const ROLES = /* @__PURE__ */ new Set(
  /* @__PURE__ */ 'knight knave pioneer laggard saint sinner hero villain angel devil altruist egoist sage fool'.split(
    ' ',
  ),
);
const NAMES = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eva', 'Finn', 'Gus', 'Hana'];

function holds(statement: Statement, truthful: readonly boolean[]): boolean {
  const [head, ...rest] = statement;
  if (head === 'lying') return !truthful[rest[0] as number]; // a person
  if (head === 'telling-truth') return truthful[rest[0] as number]!;
  const parts = (rest as Statement[]).map((part) => holds(part, truthful)); // the other heads have statements
  if (head === 'not') return !parts[0];
  if (head === 'and') return parts.every(Boolean);
  if (head === 'or') return parts.some(Boolean);
  return head === '->' ? !parts[0] || parts[1]! : parts[0] === parts[1];
}

const consistent = (statements: readonly Statement[], truthful: readonly boolean[]): boolean =>
  statements.every((statement, i) => holds(statement, truthful) === truthful[i]);

function solutions(statements: readonly Statement[]): boolean[][] {
  const n = statements.length;
  const all = Array.from({ length: 2 ** n }, (_, bits) =>
    Array.from({ length: n }, (_, i) => (bits & (1 << i)) !== 0),
  );
  return all.filter((truthful) => consistent(statements, truthful));
}

function randomStatement(random: Random, people: number, depth: number): Statement {
  if (depth === 0 || random.next() < 0.3)
    return [random.choice(['lying', 'telling-truth'] as const), random.integer(people)];
  const head = random.choice(['not', 'and', 'or', '->', '<=>'] as const);
  if (head === 'not') return ['not', randomStatement(random, people, depth - 1)];
  return [
    head,
    randomStatement(random, people, depth - 1),
    randomStatement(random, people, depth - 1),
  ];
}

function say(statement: Statement, names: readonly string[]): string {
  const [head, ...rest] = statement;
  if (head === 'lying' || head === 'telling-truth')
    return `${names[rest[0] as number]} is a ${head === 'lying' ? 'knave' : 'knight'}`;
  const parts = (rest as Statement[]).map((part) =>
    part.length > 2 ? `(${say(part, names)})` : say(part, names),
  );
  if (head === 'not') return `it is not true that ${parts[0]}`;
  if (head === '->') return `if ${parts[0]} then ${parts[1]}`;
  return parts.join(head === '<=>' ? ' if and only if ' : ` ${head} `);
}

const written = (names: readonly string[], truthful: readonly boolean[]): string =>
  names.map((name, i) => `${name} is a ${truthful[i] ? 'knight' : 'knave'}`).join(', ');

function generate(random: Random, level: number): GymItem<KnightsKnavesData> {
  const people = 2 + level;
  for (;;) {
    const names = random.sample(NAMES, people);
    const statements = names.map(() => randomStatement(random, people, level < 2 ? 1 : 2));
    const [truthful, second] = solutions(statements);
    if (truthful === undefined || second !== undefined) continue;
    const said = names.map((name, i) => `${name} says: "${say(statements[i]!, names)}".`).join(' ');
    return {
      question: `Everyone here is either a knight, who says only what is true, or a knave, who says only what is false. ${said} Who is what? Answer in the form '${names[0]} is a knight, ${names[1]} is a knave' with everyone in it.`,
      answer: written(names, truthful),
      data: { statements, names, knight_knave_terms: { knight: 'knight', knave: 'knave' } },
    };
  }
}

const wordsOf = (answer: string): string[] => answer.toLowerCase().match(/[^\s.,()]+/g) ?? [];

/** Pairs of name and role, as the reference reads them. */
function assignments(answer: string): Set<string> {
  const pairs = new Set<string>();
  let name: string | null = null;
  for (const word of answer
    .toLowerCase()
    .trim()
    .replace(/[.,()]/g, ' ')
    .replaceAll(' and ', ' ')
    .split(/\s+/)) {
    if (word === '' || word === 'is' || word === 'a' || word === 'an') continue;
    if (!ROLES.has(word)) name = word;
    else if (name !== null) {
      pairs.add(`${name} ${word}`);
      name = null;
    }
  }
  return pairs;
}

/** Who lies? A partly right assignment earns nothing (0.3 and more in the reference), nor does saying both of somebody. */
export const knightsKnaves: GymFamily<KnightsKnavesData> = {
  name: 'knights_knaves',
  levels: 4,
  generate,
  judge: ({ data }, answer) => {
    const { names, statements, knight_knave_terms: terms } = data;
    const known = new Set([...names, ...Object.values(terms), 'is', 'a', 'an', 'and']);
    const other = wordsOf(answer).find((word) => ![...known].some((k) => k.toLowerCase() === word));
    if (other !== undefined)
      return wrong(
        `'${other.slice(0, 40)}' is nobody here; answer with who is what and nothing else.`,
      );
    const pairs = assignments(answer);
    const truthful: boolean[] = [];
    for (const name of names) {
      const [knight, knave] = [terms.knight, terms.knave].map((role) =>
        pairs.has(`${name.toLowerCase()} ${role.toLowerCase()}`),
      );
      if (knight === knave)
        return wrong(
          knight ? `${name} cannot be both.` : `The answer does not say what ${name} is.`,
        );
      truthful.push(knight!);
    }
    if (pairs.size !== names.length)
      return wrong('The answer speaks of somebody who is not there.');
    const bad = statements.findIndex((statement, i) => holds(statement, truthful) !== truthful[i]);
    if (bad < 0) return RIGHT;
    return wrong(
      `If that were so, ${names[bad]} would be a ${truthful[bad] ? `${terms.knight} who says something false` : `${terms.knave} who says something true`}.`,
    );
  },
  referenceScore: ({ answer: oracle }, answer) => {
    if (answer === null || answer === '' || oracle === null) return 0;
    const [want, got] = [assignments(oracle), assignments(answer)];
    if (want.size !== got.size) return 0;
    const matching = [...want].filter((pair) => got.has(pair)).length;
    if (matching === want.size) return 1;
    return matching > 0 ? 0.3 + (0.7 * matching) / want.size : 0;
  },
};
