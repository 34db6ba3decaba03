import { readFile } from 'node:fs/promises';
import { plainTask, type Random } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import type { Tokenizer } from '@molrl/qwen3';
import type { Sequence } from '../../trainer/method/learner.ts';
import { textWindow } from '../../trainer/method/textWindow.ts';

/** Text of the world outside the domain, as tokens. */
export interface GeneralText {
  /** What general sequences are cut from. */
  train: number[];
  validation: number[];
  test: number[];
}

/** Reads `text/`; the held-out file is halved. */
export async function readGeneralText(tokenizer: Tokenizer): Promise<GeneralText> {
  const read = async (name: string): Promise<number[]> =>
    tokenizer.encode(await readFile(new URL(`../text/${name}.txt`, import.meta.url), 'utf8'));
  const [train, heldOut] = [await read('train'), await read('heldOut')];
  const half = heldOut.length >> 1;
  return { train, validation: heldOut.slice(0, half), test: heldOut.slice(half) };
}

/** Tokens of a text window. */
const WINDOW = 96;

/** Draws general data: half windows of general text, half documents of the plain-operations family that the base knows. */
export function generalSequences(
  tokenizer: Tokenizer,
  { train }: GeneralText,
): (random: Random, count: number) => Sequence[] {
  return (random, count) =>
    Array.from({ length: count }, (_, i) => {
      if (i % 2 === 0) return textWindow(random, train, WINDOW);
      const { question, solution } = plainTask(random);
      const ids = tokenizer.encode(turn('user', question) + turn('assistant', solution));
      return { ids, roles: new Array<Role>(ids.length).fill('general') };
    });
}

const turn = (speaker: string, text: string): string =>
  `<|im_start|>${speaker}\n${text}<|im_end|>\n`;
