/** Cells that can be walked on. */
export interface WalkedGrid {
  rows: number;
  columns: number;
  open(row: number, column: number): boolean;
}

/** Steps to every cell by breadth-first search from `start`; -1 where it cannot be reached. */
export function distances(
  { rows, columns, open }: WalkedGrid,
  start: readonly [number, number],
): number[][] {
  const steps = Array.from({ length: rows }, () => Array<number>(columns).fill(-1));
  steps[start[0]]![start[1]] = 0;
  const queue: (readonly [number, number])[] = [start];
  for (const [r, c] of queue) {
    for (const [r2, c2] of neighbours(r, c)) {
      if (r2 < 0 || c2 < 0 || r2 >= rows || c2 >= columns || steps[r2]![c2] !== -1 || !open(r2, c2))
        continue;
      steps[r2]![c2] = steps[r]![c]! + 1;
      queue.push([r2, c2]);
    }
  }
  return steps;
}

export const neighbours = (r: number, c: number): [number, number][] => [
  [r - 1, c],
  [r + 1, c],
  [r, c - 1],
  [r, c + 1],
];
