import { type DataRow, defineEnvironment, gradeMath } from '@molrl/ef-env';
import { type DataRows, readDataRows } from './dataRows.ts';
import type { Game } from './game.ts';
import { rowsGame } from './rowsGame.ts';

interface Problem {
  question: string;
  /** A bare answer, or a solution with its answer in a box or after `####`. */
  answer: string;
}

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
  const attempts = (feedback: boolean) =>
    defineEnvironment<Problem, Problem>({
      name: 'maths',
      system,
      reset: (problem) => ({ observation: problem.question, state: problem }),
      step: ({ answer }, completion) => {
        const grade = gradeMath(answer, completion);
        const reward = Number(grade.correct);
        if (!feedback) return { reward, done: true };
        return { reward, done: grade.correct, feedback: feedbackOf(grade) };
      },
    });
  return rowsGame({
    ...{ rows, seed, environment: attempts(false), withFeedback: attempts(true) },
    accuracy: 'the maths grader finds the answers equal',
  });
}

function feedbackOf({ correct, answer }: ReturnType<typeof gradeMath>): string {
  if (correct) return 'Right.';
  if (answer === null) return 'No answer was found. End with the answer in \\boxed{}. Try again.';
  return `Wrong: ${answer} is not the answer. Check each step and try again.`;
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
