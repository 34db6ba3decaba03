import type { Random } from '../../../base/random.ts';
import { between, type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';

export interface JugsData {
  puzzle: { jug_capacities: number[]; target: number };
}

const letter = (i: number): string => String.fromCharCode(65 + i);

/** Carries out one move; a text says why it is none. */
function move(state: number[], capacities: readonly number[], text: string): number[] | string {
  const [verb, which = ''] = text.trim().split(/\s+/);
  const index = (name: string): number => (name.length === 1 ? name.charCodeAt(0) - 65 : -1);
  const known = (i: number): boolean => i >= 0 && i < capacities.length;
  if (verb === 'fill' || verb === 'empty') {
    const i = index(which);
    return known(i)
      ? state.with(i, verb === 'fill' ? capacities[i]! : 0)
      : `there is no jug '${which}'`;
  }
  if (verb !== 'pour') return `'${text.slice(0, 40)}' is no move`;
  const parts = which.split('->');
  const [from, to] = [index(parts[0]!), index(parts[1] ?? '')];
  if (parts.length !== 2 || !known(from) || !known(to))
    return `'${text.slice(0, 40)}' names no two jugs`;
  const amount = Math.min(state[from]!, capacities[to]! - state[to]!);
  const poured = state.with(from, state[from]! - amount);
  return poured.with(to, poured[to]! + amount);
}

function play(
  { puzzle }: JugsData,
  moves: readonly string[],
): { state: number[]; mistake: string | null } {
  let state = puzzle.jug_capacities.map(() => 0);
  for (const [i, text] of moves.entries()) {
    const next = move(state, puzzle.jug_capacities, text);
    if (typeof next === 'string') return { state, mistake: `Move ${i + 1}: ${next}.` };
    state = next;
  }
  return { state, mistake: null };
}

/** A shortest list of moves, or `null` if the target cannot be measured. */
function solve(capacities: readonly number[], target: number): string[] | null {
  const options = capacities.flatMap((_, i) => [
    `fill ${letter(i)}`,
    `empty ${letter(i)}`,
    ...capacities.flatMap((_, j) => (i === j ? [] : [`pour ${letter(i)}->${letter(j)}`])),
  ]);
  const start = capacities.map(() => 0);
  const queue: { state: number[]; move: string; before: number }[] = [
    { state: start, move: '', before: -1 },
  ];
  const seen = new Set([start.join()]);
  for (const [i, { state }] of queue.entries()) {
    if (state.includes(target)) return movesTo(queue, i);
    for (const option of options) {
      const next = move(state, capacities, option) as number[]; // options are moves
      if (seen.has(next.join())) continue;
      seen.add(next.join());
      queue.push({ state: next, move: option, before: i });
    }
  }
  return null;
}

function movesTo(queue: readonly { move: string; before: number }[], last: number): string[] {
  const moves: string[] = [];
  for (let i = last; i > 0; i = queue[i]!.before) moves.unshift(queue[i]!.move);
  return moves;
}

/** Largest jug per level. */
const LARGEST = [9, 9, 12, 15] as const;

function generate(random: Random, level: number): GymItem<JugsData> {
  for (;;) {
    const capacities = Array.from({ length: level < 3 ? 2 + (level > 0 ? 1 : 0) : 4 }, () =>
      between(random, 3, LARGEST[level]!),
    );
    const target = between(random, 1, Math.max(...capacities) - 1);
    const moves = capacities.includes(target) ? null : solve(capacities, target);
    if (moves === null || moves.length < 2 + level || (level === 0 && moves.length > 6)) continue;
    const sizes = capacities.map((n, i) => `${letter(i)}: ${n}`).join(', ');
    return {
      question: `Empty jugs hold these many litres: ${sizes}. Get exactly ${target} litres into one of them. Moves are 'fill A', 'empty A' and 'pour A->B'. Answer with a JSON list of moves.`,
      answer: JSON.stringify(moves),
      data: { puzzle: { jug_capacities: capacities, target } },
    };
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Measure a volume with jugs. */
export const jugs: GymFamily<JugsData> = {
  name: 'jugs',
  levels: 4,
  generate,
  judge: ({ data }, answer) => {
    const moves = readJson(answer);
    if (!Array.isArray(moves) || !moves.every((m) => typeof m === 'string'))
      return wrong('The answer is to be a JSON list of moves.');
    const { state, mistake } = play(data, moves);
    if (mistake !== null) return wrong(mistake);
    if (state.includes(data.puzzle.target)) return RIGHT;
    return wrong(
      `In the end the jugs hold ${state.map((n, i) => `${letter(i)}: ${n}`).join(', ')}; none holds ${data.puzzle.target}.`,
    );
  },
  referenceScore: ({ data }, answer) => {
    const value = answer === null ? undefined : readJson(answer);
    let moves: unknown[] | null = null;
    if (Array.isArray(value)) moves = value;
    else if (typeof value === 'string') moves = [...value];
    else if (typeof value === 'object' && value !== null) moves = Object.keys(value);
    if (moves === null || !moves.every((m) => typeof m === 'string')) return 0;
    const { state, mistake } = play(data, moves as string[]); // just tested
    if (mistake !== null) return 0;
    return state.includes(data.puzzle.target) ? 1 : 0.01;
  },
};
