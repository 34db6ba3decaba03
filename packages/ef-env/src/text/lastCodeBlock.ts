import { codeFences } from './codeFences.ts';
import { readTurn } from './readTurn.ts';

export interface CodeBlock {
  code: string;
  /** Where the code begins in the completion, in UTF-16 units. */
  start: number;
}

/**
 * The last fenced block of code after the last `</think>` in one of these languages, or `null`. A fence that is
 * not closed goes to the end.
 *
 * @param languages - lower case; `''` is a fence that names none.
 */
export function lastCodeBlock(completion: string, languages: readonly string[]): CodeBlock | null {
  const { answer, start: offset } = readTurn(completion);
  const wanted = codeFences(answer).filter(({ info }) => {
    const [language = ''] = info.toLowerCase().split(/\s+/);
    return languages.includes(language);
  });
  const block = wanted.at(-1);
  if (!block) return null;
  return { code: answer.slice(block.start, block.end), start: offset + block.start };
}
