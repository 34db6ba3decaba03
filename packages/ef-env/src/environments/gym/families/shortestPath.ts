import type { Random } from '../../../base/random.ts';
import { distances } from '../core/gridPath.ts';
import { type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';
import { gridText } from '../core/readGrid.ts';

export interface ShortestPathData {
  matrix: string[][];
  solution: string[];
}

const STEPS: Record<string, [number, number]> = {
  right: [0, 1],
  down: [1, 0],
  left: [0, -1],
  up: [-1, 0],
};

function find(matrix: readonly (readonly string[])[], mark: string): [number, number] {
  const r = matrix.findIndex((row) => row.includes(mark));
  return [r, matrix[r]!.indexOf(mark)];
}

/** The first step of a path that is none; `null` if it leads from * to #. */
function pathMistake(
  matrix: readonly (readonly string[])[],
  path: readonly string[],
): string | null {
  let [r, c] = find(matrix, '*');
  const goal = find(matrix, '#');
  for (const [i, name] of path.entries()) {
    const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
    if (step === undefined) return `Step ${i + 1}: '${name.slice(0, 40)}' is no direction.`;
    [r, c] = [r + step[0], c + step[1]];
    const cell = matrix[r]?.[c];
    if (cell === undefined) return `Step ${i + 1} (${name}) leaves the grid.`;
    if (cell === 'X') return `Step ${i + 1} (${name}) enters a blocked cell.`;
  }
  return r === goal[0] && c === goal[1]
    ? null
    : `The path ends in row ${r + 1}, column ${c + 1}, not at #.`;
}

function generate(random: Random, level: number): GymItem<ShortestPathData> {
  const size = 5 + 2 * level;
  for (;;) {
    const matrix = Array.from({ length: size }, () =>
      Array.from<unknown, string>({ length: size }, () => (random.next() < 0.3 ? 'X' : 'O')),
    );
    const cells = random
      .sample([...Array(size * size).keys()], 2)
      .map((n): [number, number] => [Math.floor(n / size), n % size]);
    const [[r1, c1], [r2, c2]] = cells as [[number, number], [number, number]]; // two of them
    matrix[r1]![c1] = '*';
    matrix[r2]![c2] = '#';
    const steps = distances({ rows: size, columns: size, open: (r, c) => matrix[r]![c] !== 'X' }, [
      r2,
      c2,
    ]);
    if (steps[r1]![c1]! < size - 1) continue;
    const solution: string[] = [];
    for (let [r, c] = [r1, c1]; r !== r2 || c !== c2; ) {
      const [name, [dr, dc]] = Object.entries(STEPS).find(
        ([, [dr, dc]]) => steps[r + dr]?.[c + dc] === steps[r]![c]! - 1,
      )!; // steps lead to the goal
      solution.push(name);
      [r, c] = [r + dr, c + dc];
    }
    return {
      question: `Find a shortest way from * to # in this grid; X is blocked, O is free.\n${gridText(matrix)}\nAnswer with the steps (up, down, left, right) separated by spaces.`,
      answer: solution.join(' '),
      data: { matrix, solution },
    };
  }
}

/** Find a shortest way. A longer way that works earns 0.5, as in the reference. */
export const shortestPath: GymFamily<ShortestPathData> = {
  name: 'shortest_path',
  levels: 4,
  generate,
  judge: ({ data, answer: oracle }, answer) => {
    const text = answer.trim().toLowerCase();
    if (oracle === 'infeasible')
      return text === 'infeasible'
        ? RIGHT
        : wrong(pathMistake(data.matrix, text.split(/\s+/)) ?? 'No way exists.');
    if (text === 'infeasible') return wrong('There is a way.');
    const path = text.split(/[\s,]+/);
    const mistake = pathMistake(data.matrix, path);
    if (mistake !== null) return wrong(mistake);
    const shortest = (oracle ?? '').trim().split(/\s+/).length;
    return path.length === shortest
      ? RIGHT
      : { score: 0.5, mistake: `It works, but ${path.length} steps are more than needed.` };
  },
  referenceScore: ({ data, answer: oracle }, answer) => {
    if (answer === null || answer === '' || oracle === null) return 0;
    const [text, want] = [answer.trim(), oracle.trim()];
    if (text === want) return 1;
    const path = text === '' ? [] : text.split(/\s+/);
    if (pathMistake(data.matrix, path) !== null) return 0;
    return path.length === want.split(/\s+/).length ? 1 : 0.5;
  },
};
