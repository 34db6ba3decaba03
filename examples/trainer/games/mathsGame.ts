import type { DataRow } from '@molrl/ef-env';
import { type DataRows, readDataRows } from './dataRows.ts';
import type { Game } from './game.ts';
import { mathsEnvironment, type Problem } from './mathsEnvironment.ts';
import { rowsGame } from './rowsGame.ts';

export interface MathsGameOptions {
  data: string;
  evalData?: string | undefined;
  system?: string | undefined;
  seed: number;
}

/** Problems of a file (GSM8K, MATH, one's own), judged by the maths grader. */
export async function mathsGame(options: MathsGameOptions): Promise<Game<Problem>> {
  const { system, seed } = options;
  const { train, heldOut, files } = await readDataRows(options);
  const rows: DataRows<Problem> = {
    train: train.map(problemOf),
    heldOut: heldOut.map(problemOf),
    files,
  };
  return rowsGame({
    ...{ rows, seed, environment: mathsEnvironment({ system }) },
    withFeedback: mathsEnvironment({ system, feedback: true }),
    accuracy: 'the maths grader finds the answers equal',
  });
}

/** GSM8K has `question` and `answer`, MATH `problem` and `solution` or `answer`. */
function problemOf(row: DataRow, index: number): Problem {
  const question = row.prompt ?? row.question ?? row.problem;
  const answer = row.answer ?? row.solution;
  if (typeof question !== 'string' || (typeof answer !== 'string' && typeof answer !== 'number')) {
    throw new Error(
      `data: row ${index + 1} needs a text \`prompt\` (or \`question\`, \`problem\`) and an \`answer\` (or \`solution\`), got the columns ${Object.keys(row).join(', ')}.`,
    );
  }
  return { question, answer: lastLine(String(answer)) };
}

/** GSM8K's answers end in `#### 42`. */
const lastLine = (answer: string): string => answer.split('####').at(-1)!.trim(); // one part at least
