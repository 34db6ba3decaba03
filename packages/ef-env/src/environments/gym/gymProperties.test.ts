import { describe, expect, test } from 'vitest';
import { createRandom } from '../../base/random.ts';
import type { SudokuData } from './core/sudokuFamily.ts';
import type { GraphColorData } from './families/graphColor.ts';
import type { JugsData } from './families/jugs.ts';
import type { NQueensData } from './families/nQueens.ts';
import type { TowerOfHanoiData } from './families/towerOfHanoi.ts';
import { GYM_FAMILIES, type GymFamilyName } from './gymFamilies.ts';
import { gymScore } from './gymScore.ts';
import { type GymTask, gymTask as makeTask } from './gymTask.ts';
import { reasoningGym } from './reasoningGym.ts';

const NAMES = Object.keys(GYM_FAMILIES) as GymFamilyName[];
const levelsOf = (family: GymFamilyName): number[] => [
  ...Array(GYM_FAMILIES[family].levels).keys(),
];
const random = createRandom(23);

const known = new Map<string, GymTask>();
/** Each task is made once. */
function gymTask(family: GymFamilyName, { level, seed }: { level: number; seed: number }): GymTask {
  const key = `${family} ${level} ${seed}`;
  const task = known.get(key) ?? makeTask(family, { level, seed });
  known.set(key, task);
  return task;
}
const signal = new AbortController().signal;

/** Wrong answers near the right one: numbers moved, pieces swapped, lost or doubled, answers to other tasks. */
function wrongAnswers(task: GymTask): string[] {
  const right = task.answer!;
  const made = [1, 2, 3, 4].map(
    (n) => gymTask(task.family, { level: task.level, seed: 20 + n }).answer!,
  );
  if (/^-?\d+$/.test(right)) {
    for (const move of [-9, -3, -2, -1, 1, 2, 5, 10]) made.push(`${Number(right) + move}`);
    made.push(`-${right}`, `${right}0`, '0', '1', '2', '12', '999999');
  }
  if (right.includes('Q'))
    // a queen moved in its row
    made.push(...right.split('\n').map((row) => right.replace(row, [...row].reverse().join(''))));
  const pieces = right.split(/(?<=[\s,])/);
  for (let n = 0; n < 8; n++) {
    const other = [...pieces];
    const [i, j] = [random.integer(other.length), random.integer(other.length)];
    if (n % 4 === 0) [other[i], other[j]] = [other[j]!, other[i]!];
    else if (n % 4 === 1) other.splice(i, 1);
    else if (n % 4 === 2) other.splice(i, 0, other[j]!);
    else other[i] = other[i]!.replace(/\d/, (d) => `${(Number(d) + 1) % 10}`);
    made.push(other.join(''));
  }
  return made.filter((answer) => gymScore(task, answer).score !== 1);
}

/** Whether feedback holds the answer, by more than a number of the question, of the attempt or of a check it shows. */
function tells(feedback: string, task: GymTask, attempt: string): boolean {
  const answer = task.answer!;
  if (answer.length > 3 && !/^-?\d+$/.test(answer))
    return feedback.includes(answer) && !attempt.includes(answer);
  const said = feedback.replace(
    /\(\S+ is not \S+\)|(?:term|Digit|Letter|Number|Row|column) \d+/g,
    '',
  );
  const words = (text: string): string[] => text.match(/-?\d+|[A-Za-z¬]+/g) ?? [];
  return (
    words(said).includes(answer) &&
    !words(attempt).includes(answer) &&
    !words(task.question).includes(answer)
  );
}

describe.each(NAMES)('%s', (family) => {
  test("feedback 'step' names a mistake and never tells the answer", async () => {
    for (const level of levelsOf(family)) {
      const task = gymTask(family, { level, seed: 7 });
      for (const attempt of wrongAnswers(task)) {
        const episode = reasoningGym().start();
        await episode.reset(task, { seed: 0 });
        const { feedback, reward, done } = await episode.step(`<think>hm</think>${attempt}`, {
          signal,
        });
        expect(feedback).toMatch(/[.)] Try again\.$/);
        expect(tells(feedback!, task, attempt), `${attempt}: ${feedback}`).toBe(false);
        expect(done).toBe(false);
        expect(reward).toBeLessThan(1);
      }
    }
  });

  test('several answers, words around the answer or an answer in the thought earn nothing', async () => {
    const task = gymTask(family, { level: 1, seed: 5 });
    const { answer } = task;
    const other = [6, 7, 8, 9]
      .map((seed) => gymTask(family, { level: 1, seed }).answer)
      .find((text) => text !== answer);
    const attempts = [
      `${answer} or ${other}`, `${answer}\n\n${other}`, `${other}\n${answer}`, `${answer} I am sure of it.`, `My answer: ${answer}`, `\\boxed{${answer}}`,
      `${answer}</think>${other}`, `<think>${answer}`, `<think>${answer}</think>`, `<think>${answer}</think>${other}`,
    ]; // biome-ignore format: a table
    for (const attempt of attempts) {
      const episode = reasoningGym({ feedback: 'none' }).start();
      await episode.reset(task, { seed: 0 });
      const { reward } = await episode.step(attempt, { signal });
      expect(reward, attempt).toBe(0);
    }
  });

  test('no answer fits most tasks of a level, and few tasks are drawn twice', () => {
    for (const level of levelsOf(family)) {
      const made = Array.from({ length: 20 }, (_, seed) => gymTask(family, { level, seed }));
      const answers = new Map<string, number>();
      for (const { answer } of made) answers.set(answer!, (answers.get(answer!) ?? 0) + 1);
      expect(Math.max(...answers.values()), `level ${level}`).toBeLessThanOrEqual(10);
      expect(new Set(made.map(({ question }) => question)).size).toBeGreaterThan(10);
    }
  });
});

/** What makes a task of a family hard. Elsewhere it is the length of question and answer. */
const HARDNESS: Partial<Record<GymFamilyName, (task: GymTask) => number>> = {
  puzzle24: ({ answer }) => new Set(answer!.match(/[-+*/]/g)).size + answer!.split(/[*/]/).length,
  mini_sudoku: ({ question }) => question.split('_').length,
  sudoku: ({ question }) => question.split('_').length,
  n_queens: ({ question, data }) =>
    (data as NQueensData).puzzle.length * Number(/Put (\d+)/.exec(question)![1]),
  tower_of_hanoi: ({ data }) => (data as TowerOfHanoiData).solution_length,
  maze: ({ answer }) => Number(answer),
  simple_equations: ({ question, answer }) => question.length + answer!.length,
};

test.each(NAMES)('%s: every level is harder than the one below', (family) => {
  const hardness = HARDNESS[family] ?? (({ question, answer }) => question.length + answer!.length);
  const means = levelsOf(family).map((level) => {
    const tasks = Array.from({ length: 20 }, (_, seed) => gymTask(family, { level, seed }));
    return tasks.reduce((sum, task) => sum + hardness(task), 0) / tasks.length;
  });
  for (const [i, mean] of means.slice(1).entries()) expect(mean).toBeGreaterThan(means[i]!);
});

describe('the mistake that is named is true and the first', () => {
  /** Calls `check` with every mistake that wrong answers of a family earn. */
  const mistakes = (
    family: GymFamilyName,
    check: (mistake: string, attempt: string, task: GymTask) => boolean,
  ): void => {
    let checked = 0;
    for (const level of levelsOf(family)) {
      for (const seed of [1, 2, 3]) {
        const task = gymTask(family, { level, seed });
        for (const attempt of wrongAnswers(task)) {
          const { mistake } = gymScore(task, attempt);
          if (check(mistake!, attempt, task)) checked += 1;
        }
      }
    }
    expect(checked).toBeGreaterThan(10);
  };
  const numbers = (text: string): number[] => (text.match(/-?\d+/g) ?? []).map(Number);

  test.each(['mini_sudoku', 'sudoku'] as const)('%s: no cell before it breaks a rule', (family) => {
    mistakes(family, (mistake, attempt, { data }) => {
      const match = /^Row (\d), column (\d): (?:(row|column|its).* the (\d) twice|the given)/.exec(
        mistake,
      );
      if (match === null) return false;
      const { puzzle } = data as SudokuData;
      const grid = attempt.trim().split('\n').map(numbers);
      const box = Math.sqrt(puzzle.length);
      const faulty = (r: number, c: number): boolean =>
        (puzzle[r]![c] !== 0 && puzzle[r]![c] !== grid[r]![c]) ||
        grid.some((row, r2) =>
          row.some((value, c2) => {
            const before = r2 < r || (r2 === r && c2 < c) || puzzle[r2]![c2] !== 0;
            const near = r2 === r || c2 === c || (Math.floor(r2 / box) === Math.floor(r / box) && Math.floor(c2 / box) === Math.floor(c / box)); // biome-ignore format: one condition
            return (
              before &&
              near &&
              (r2 !== r || c2 !== c) &&
              value === grid[r]![c] &&
              puzzle[r]![c] === 0
            );
          }),
        );
      const [r, c] = [Number(match[1]) - 1, Number(match[2]) - 1];
      expect(faulty(r, c), mistake).toBe(true);
      for (let cell = 0; cell < r * grid.length + c; cell++)
        expect(faulty(Math.floor(cell / grid.length), cell % grid.length)).toBe(false);
      return true;
    });
  });

  test('tower_of_hanoi: every move before it is allowed', () => {
    mistakes('tower_of_hanoi', (mistake, attempt, { data }) => {
      const { num_disks: disks, num_pegs: pegs, start_peg: start } = data as TowerOfHanoiData;
      const at = Array<number>(disks + 1).fill(start); // peg of disk 1, 2, ...
      const lines = attempt.trim().split('\n');
      const bad = lines.findIndex((line) => {
        const [disk, from, to] = numbers(line) as [number, number, number];
        const blocked = at.some((peg, d) => d > 0 && d < disk && (peg === from || peg === to));
        if (at[disk] !== from || blocked || to > pegs) return true;
        at[disk] = to;
        return false;
      });
      const named = /^Move (\d+):/.exec(mistake);
      if (named === null) return false;
      expect(Number(named[1]), `${mistake} ${attempt}`).toBe(bad + 1);
      return true;
    });
  });

  test('jugs: what they hold in the end', () => {
    mistakes('jugs', (mistake, attempt, { data }) => {
      if (!mistake.startsWith('In the end')) return false;
      const { jug_capacities: size } = (data as JugsData).puzzle;
      const held = size.map(() => 0);
      for (const move of JSON.parse(attempt) as string[]) {
        const [from, to] = [...move.slice(-4).matchAll(/[A-D]/g)].map(([name]) =>
          'ABCD'.indexOf(name),
        );
        if (move.startsWith('fill')) held[from!] = size[from!]!;
        else if (move.startsWith('empty')) held[from!] = 0;
        else {
          const poured = Math.min(held[from!]!, size[to!]! - held[to!]!);
          held[from!]! -= poured;
          held[to!]! += poured;
        }
      }
      expect(mistake).toContain(held.map((n, i) => `${'ABCD'[i]}: ${n}`).join(', '));
      return true;
    });
  });

  test('n_queens: the two queens stand there and attack each other', () => {
    mistakes('n_queens', (mistake, attempt) => {
      if (!mistake.includes('attack')) return false;
      const [r1, c1, r2, c2] = numbers(mistake).map((n) => n - 1) as [
        number,
        number,
        number,
        number,
      ];
      const board = attempt
        .trim()
        .split('\n')
        .map((row) => row.trim().split(/\s+/));
      expect([board[r1]![c1], board[r2]![c2]]).toEqual(['Q', 'Q']);
      expect(r1 === r2 || c1 === c2 || Math.abs(r1 - r2) === Math.abs(c1 - c2)).toBe(true);
      return true;
    });
  });

  test('graph_color: the two vertices are joined and have one colour', () => {
    mistakes('graph_color', (mistake, attempt, { data }) => {
      if (!mistake.includes('are joined')) return false;
      const [u, v] = numbers(mistake) as [number, number];
      const colors = JSON.parse(attempt) as Record<string, number>;
      expect((data as GraphColorData).puzzle.edges).toContainEqual([u, v]);
      expect(colors[u]).toBe(colors[v]);
      return true;
    });
  });

  test.each(['rotate_matrix', 'binary_matrix'] as const)(
    '%s: the cell differs and none before it',
    (family) => {
      mistakes(family, (mistake, attempt, { answer }) => {
        const match = /^Row (\d+), column (\d+): (-?\d+) is wrong/.exec(mistake);
        if (match === null) return false;
        const [got, want] = [attempt, answer!].map((text) => text.trim().split('\n').map(numbers)) as [number[][], number[][]]; // biome-ignore format: one line each
        const [r, c] = [Number(match[1]) - 1, Number(match[2]) - 1];
        expect(got[r]![c]).toBe(Number(match[3]));
        expect(got[r]![c]).not.toBe(want[r]![c]);
        expect(got.flat().slice(0, r * want.length + c)).toEqual(
          want.flat().slice(0, r * want.length + c),
        );
        return true;
      });
    },
  );

  test.each(['spiral_matrix', 'spell_backward'] as const)(
    '%s: the place differs and none before it',
    (family) => {
      mistakes(family, (mistake, attempt, { answer }) => {
        const match = /^(?:Number|Letter) (\d+) /.exec(mistake);
        if (match === null) return false;
        const parts = (text: string): string[] =>
          family === 'spell_backward' ? [...text] : text.trim().split(/\s+/);
        const at = Number(match[1]) - 1;
        expect(parts(attempt)[at]).not.toBe(parts(answer!)[at]);
        expect(parts(attempt).slice(0, at)).toEqual(parts(answer!).slice(0, at));
        return true;
      });
    },
  );
});
