import { plainTask, type Random } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import type { Tokenizer } from '@molrl/qwen3';
import { generalWindows } from '../../trainer/method/generalWindows.ts';
import type { Sequence } from '../../trainer/method/learner.ts';
import { readShippedText } from '../../trainer/model/generalText.ts';

/** Text of the world outside the domain, as tokens. */
export interface GeneralText {
  /** What general sequences are cut from. */
  train: readonly number[];
  validation: readonly number[];
  test: readonly number[];
}

/** Reads `text/`; what is held out is halved. */
export async function readGeneralText(tokenizer: Tokenizer): Promise<GeneralText> {
  const { train, heldOut } = await readShippedText(tokenizer);
  const half = heldOut.length >> 1;
  return { train, validation: heldOut.slice(0, half), test: heldOut.slice(half) };
}

/** Draws general data: half windows of general text, half documents of the plain-operations family that the base knows. */
export function generalSequences(
  tokenizer: Tokenizer,
  { train }: GeneralText,
): (random: Random, count: number) => Sequence[] {
  const windows = generalWindows(train);
  return (random, count) =>
    Array.from({ length: count }, (_, i) => {
      if (i % 2 === 0) return windows(random, 1)[0]!; // as many as were asked for
      const { question, solution } = plainTask(random);
      const ids = tokenizer.encode(turn('user', question) + turn('assistant', solution));
      return { ids, roles: new Array<Role>(ids.length).fill('general') };
    });
}

const turn = (speaker: string, text: string): string =>
  `<|im_start|>${speaker}\n${text}<|im_end|>\n`;
