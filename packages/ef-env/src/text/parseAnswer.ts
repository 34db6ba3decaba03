import { checkText } from '../base/checkData.ts';
import { readTurn } from './readTurn.ts';

/**
 * The answer of an attempt: what follows the last `</think>`, up to the end of the turn, without surrounding white space.
 *
 * @returns `null` when the thought was never closed: there is no answer to grade.
 *
 * @example
 * parseAnswer('<think>\n9+1=10\n</think>\n\n10'); // '10'
 */
export function parseAnswer(completion: string): string | null {
  checkText('parseAnswer', 'completion', completion);
  const { thought, answer } = readTurn(completion);
  return thought === 'closed' ? answer.trim() : null;
}
