import type { Random } from '../../../base/random.ts';
import { containsScore } from '../core/containsScore.ts';
import { distances } from '../core/gridPath.ts';
import { between, type GymFamily, type GymItem } from '../core/gymFamily.ts';
import { judgeNumber } from '../core/judgeNumber.ts';

export interface MazeData {
  grid: string[];
  start: string;
  goal: string;
  wall: string;
  path: string;
  shortest_path_length: number;
}

/** Grid size and least length of the way per level. */
const LEVELS = [
  { size: 6, steps: 3 },
  { size: 9, steps: 6 },
  { size: 12, steps: 10 },
  { size: 16, steps: 16 },
] as const;

function generate(random: Random, level: number): GymItem<MazeData> {
  const { size, steps: least } = LEVELS[level]!;
  const wanted = least + random.integer(6); // as often one length as another, so that no guess pays
  for (;;) {
    const cells = Array.from({ length: size }, (_, r) =>
      Array.from<unknown, string>({ length: size }, (_, c) =>
        r === 0 || c === 0 || r === size - 1 || c === size - 1 || random.next() < 0.3 ? '#' : '.',
      ),
    );
    const inside = (): [number, number] => [
      between(random, 1, size - 2),
      between(random, 1, size - 2),
    ];
    const [start, goal] = [inside(), inside()];
    cells[start[0]]![start[1]] = 'S';
    const walked = {
      rows: size,
      columns: size,
      open: (r: number, c: number) => cells[r]![c] !== '#',
    };
    const length = distances(walked, start)[goal[0]]![goal[1]]!;
    if (length !== wanted) continue;
    cells[goal[0]]![goal[1]] = 'G';
    const grid = cells.map((row) => row.join(''));
    return {
      question: `A maze: '#' is a wall, '.' is free, one step goes up, down, left or right.\n${grid.join('\n')}\nHow many steps does the shortest way from S to G take? Answer with the number only.`,
      answer: `${length}`,
      data: { grid, start: 'S', goal: 'G', wall: '#', path: '.', shortest_path_length: length },
    };
  }
}

/** Length of the shortest way through a maze. */
export const maze: GymFamily<MazeData> = {
  name: 'maze',
  levels: 4 satisfies (typeof LEVELS)['length'], // a literal: else bundlers keep what is not used
  generate,
  judge: (item, answer) =>
    judgeNumber(item, answer, (value) => {
      const { grid, start, goal } = item.data;
      const find = (mark: string): [number, number] => {
        const r = grid.findIndex((row) => row.includes(mark));
        return [r, grid[r]!.indexOf(mark)];
      };
      const [[r1, c1], [r2, c2]] = [find(start), find(goal)];
      const direct = Math.abs(r1 - r2) + Math.abs(c1 - c2);
      if (value < direct)
        return `${value} steps are too few: even without walls it would take more.`;
      return (Number(value) - direct) % 2 === 0
        ? null
        : `${value} has the wrong parity: every way takes an ${direct % 2 === 0 ? 'even' : 'odd'} number of steps.`;
    }),
  referenceScore: containsScore,
};
