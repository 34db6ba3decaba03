import {
  type DataFormat,
  type DataRow,
  defineEnvironment,
  type Environment,
  parseAnswer,
  readRows,
  tokenF1,
} from '@molrl/ef-env';
import { sha256 } from '../../trainer/base/sha256.ts';
import type { AttemptGame } from '../../trainer/method/attemptGame.ts';

/** A row of a file of one's own. */
export interface OwnRow {
  question: string;
  answer: string;
  /** What is said to a wrong attempt. Default: the answer. */
  feedback?: string | undefined;
}

/** Rows, and which file they are of. */
export interface OwnData {
  rows: readonly OwnRow[];
  identity: { name: string; fingerprint: string };
}

const FORMATS: Record<string, DataFormat> = { jsonl: 'jsonl', ndjson: 'jsonl', json: 'json' };
/** Longest answer that is sampled: what a row's may take, a letter a token. */
const [LEAST_TOKENS, MOST_TOKENS] = [16, 256];

/**
 * Reads questions and answers: JSON Lines or a JSON list with `question` (or `prompt`, `problem`), `answer` (or `solution`)
 * and, where one likes, `feedback`.
 *
 * @throws {Error} One line that names the file, and the row where it is one.
 */
export async function readOwnRows(
  name: string,
  content: Uint8Array<ArrayBuffer>,
): Promise<OwnData> {
  const format = FORMATS[name.split('.').at(-1)!.toLowerCase()];
  if (format === undefined)
    throw new Error(`rows: ${name} must be a .jsonl, .ndjson or .json file.`);
  const found = await readRows({ content, format, name }).catch((cause: Error) => {
    throw new Error(`rows: ${cause.message}`, { cause });
  });
  if (found.length === 0) throw new Error(`rows: ${name} has no rows.`);
  return { rows: found.map(rowOf), identity: { name, fingerprint: await sha256(content) } };
}

function rowOf(row: DataRow, index: number): OwnRow {
  const question = row.question ?? row.prompt ?? row.problem;
  const answer = row.answer ?? row.solution;
  const isAnswer = typeof answer === 'string' || typeof answer === 'number';
  if (typeof question !== 'string' || !isAnswer || String(answer).trim() === '')
    throw new Error(
      `rows: row ${index + 1} needs a text \`question\` and an \`answer\`, got the columns ${Object.keys(row).join(', ') || 'none'}.`,
    );
  const feedback = typeof row.feedback === 'string' ? row.feedback : undefined;
  return { question, answer: String(answer), feedback };
}

/** Rows from which some are held out, the part that is, and the most of them. */
const [LEAST_ROWS, HELD_OUT, MOST_HELD_OUT] = [10, 0.1, 64];

/** The last tenth is never trained on, where there are ten rows or more. */
function splitRows(rows: readonly OwnRow[]): {
  trained: readonly OwnRow[];
  heldOut: readonly OwnRow[];
} {
  const count = rows.length < LEAST_ROWS ? 0 : Math.floor(HELD_OUT * rows.length);
  const first = rows.length - Math.min(MOST_HELD_OUT, count);
  return { trained: rows.slice(0, first), heldOut: rows.slice(first) };
}

/** What is played: a question of the rows, right where the answer is the row's, but for case and a full stop. */
export function ownRows(rows: readonly OwnRow[]): {
  attempts: AttemptGame<object>;
  withFeedback: AttemptGame<object> & { maxTurns: number };
  heldOut: readonly OwnRow[];
} {
  const { trained, heldOut } = splitRows(rows);
  const longest = Math.max(...rows.map(({ answer }) => answer.length));
  const maxTokens = Math.min(MOST_TOKENS, Math.max(LEAST_TOKENS, longest + 8));
  const played = (speaks: boolean): AttemptGame<object> => ({
    environment: rowsEnvironment(speaks) as Environment<object>, // its own tasks come to it
    nextTask: (random): OwnRow => random.choice(trained),
    maxTokens,
  });
  return { attempts: played(false), withFeedback: { ...played(true), maxTurns: 2 }, heldOut };
}

function rowsEnvironment(speaks: boolean): Environment<OwnRow> {
  return defineEnvironment<OwnRow, OwnRow>({
    name: 'rows',
    reset: (row) => ({ observation: row.question, state: row }),
    step: ({ answer, feedback }, completion) => {
      const reward = rewardOf(completion, answer);
      if (!speaks) return { reward, done: true };
      const isRight = reward === 1;
      const words = isRight ? 'Right.' : (feedback ?? `Wrong. The answer is ${answer}.`);
      return { reward, done: isRight, feedback: words };
    },
  });
}

const plain = (text: string): string =>
  text.trim().toLowerCase().replace(/\s+/g, ' ').replace(/\.$/, '');

/** 1 for the answer; else up to a half by the words that both have: right and wrong alone would leave most groups equal. */
function rewardOf(completion: string, answer: string): number {
  const said = parseAnswer(completion) ?? completion;
  if (plain(said) === plain(answer)) return 1;
  return tokenF1([answer], said) / 2;
}
