import { between, type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';

export interface TowerOfHanoiData {
  num_disks: number;
  num_pegs: number;
  start_peg: number;
  target_peg: number;
  solution_length: number;
}

const MOVE = /Move disk (\d+) from Peg (\d+) to Peg (\d+)/;

interface Tower {
  disks: number;
  pegs: number;
  start: number;
  target: number;
}

/** Shortest sequence of moves by breadth-first search over positions. */
function solve({ disks, pegs, start, target }: Tower): string[] {
  const first = Array<number>(disks).fill(start).join(); // peg of disk 1, 2, ...
  const goal = Array<number>(disks).fill(target).join();
  const cameFrom = new Map<string, [string, string] | null>([[first, null]]);
  const queue = [first];
  for (const position of queue) {
    if (position === goal) break;
    const at = position.split(',').map(Number);
    for (let from = 1; from <= pegs; from++) {
      const disk = at.indexOf(from); // the smallest disk of the peg lies on top
      if (disk < 0) continue;
      for (let to = 1; to <= pegs; to++) {
        const top = at.indexOf(to);
        if (to === from || (top >= 0 && top < disk)) continue;
        const next = at.with(disk, to).join();
        if (cameFrom.has(next)) continue;
        cameFrom.set(next, [position, `Move disk ${disk + 1} from Peg ${from} to Peg ${to}`]);
        queue.push(next);
      }
    }
  }
  const moves: string[] = [];
  for (let step = cameFrom.get(goal); step; step = cameFrom.get(step[0])) moves.unshift(step[1]);
  return moves;
}

/** Plays the moves; the first that breaks a rule, or how it ended. */
function play(
  data: TowerOfHanoiData,
  lines: readonly string[],
): { mistake: string | null; format: boolean } {
  const pegs = Array.from({ length: data.num_pegs + 1 }, () => [] as number[]);
  for (let disk = data.num_disks; disk > 0; disk--) pegs[data.start_peg]!.push(disk);
  for (const [i, line] of lines.entries()) {
    const match = MOVE.exec(line);
    if (match === null || line.split(/\s+/).length !== 9 || !/\d$/.test(line)) {
      return { mistake: `Line ${i + 1} is no move: '${line.slice(0, 60)}'.`, format: true };
    }
    const [disk, from, to] = match.slice(1).map(Number) as [number, number, number]; // three groups
    const [source, target] = [pegs[from], pegs[to]];
    const place = `Move ${i + 1}`;
    if (from === 0 || to === 0 || source === undefined || target === undefined)
      return { mistake: `${place}: there is no such peg.`, format: true };
    if (source.at(-1) !== disk)
      return { mistake: `${place}: disk ${disk} is not on top of peg ${from}.`, format: true };
    if ((target.at(-1) ?? Number.POSITIVE_INFINITY) < disk)
      return {
        mistake: `${place}: disk ${disk} cannot lie on the smaller disk ${target.at(-1)}.`,
        format: true,
      };
    target.push(source.pop()!);
  }
  const done = pegs[data.target_peg]!.length === data.num_disks;
  return {
    mistake: done
      ? null
      : `After the last move peg ${data.target_peg} has ${pegs[data.target_peg]!.length} of the ${data.num_disks} disks.`,
    format: false,
  };
}

const linesOf = (answer: string): string[] =>
  answer
    .split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
const lengthRatio = ({ data }: GymItem<TowerOfHanoiData>, moves: number): number =>
  moves <= data.solution_length ? 1 : data.solution_length / moves;

/** Move a tower. A solution with more moves than needed earns shortest / moves, as in the reference. */
export const towerOfHanoi: GymFamily<TowerOfHanoiData> = {
  name: 'tower_of_hanoi',
  levels: 4,
  generate: (random, level) => {
    const [disks, pegs] = [between(random, level + 2, level + 3), between(random, 3, 4)];
    const [start, target] = random.sample([...Array(pegs).keys()], 2).map((n) => n + 1) as [
      number,
      number,
    ]; // two of them
    const moves = solve({ disks, pegs, start, target });
    return {
      question: `${disks} disks lie on peg ${start} of ${pegs} pegs, the largest at the bottom. Bring all of them to peg ${target}, one at a time, never a larger disk on a smaller one. Answer with one move per line, written 'Move disk X from Peg Y to Peg Z'.`,
      answer: moves.join('\n'),
      data: {
        num_disks: disks,
        num_pegs: pegs,
        start_peg: start,
        target_peg: target,
        solution_length: moves.length,
      },
    };
  },
  judge: (item, answer) => {
    const lines = linesOf(answer);
    const { mistake } = play(item.data, lines);
    if (mistake !== null) return wrong(mistake);
    const score = lengthRatio(item, lines.length);
    return score === 1
      ? RIGHT
      : { score, mistake: `It works, but ${lines.length} moves are more than needed.` };
  },
  referenceScore: (item, answer) => {
    if (answer === null || answer === '') return 0;
    const lines = linesOf(answer);
    const { mistake, format } = play(item.data, lines);
    if (format) return 0;
    return mistake === null ? lengthRatio(item, lines.length) : 0.05;
  },
};
