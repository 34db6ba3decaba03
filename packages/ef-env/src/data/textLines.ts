import type { OpenSource } from './dataSource.ts';

export interface TextLine {
  /** Counted from 1. */
  number: number;
  text: string;
  /** A newline follows. The last line of a file that was written to its end has one. */
  complete: boolean;
}

/** Bytes read at once: a file of any size goes through, a line must fit a string. */
const BLOCK = 1 << 20;

/** The lines of a UTF-8 source that are not blank, a byte order mark left out. */
export async function* textLines(source: OpenSource): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder();
  let number = 1;
  let begun = '';
  for (let start = 0; start < source.byteLength; start += BLOCK) {
    const block = await source.read(start, Math.min(start + BLOCK, source.byteLength));
    const [first = '', ...rest] = decoder.decode(block, { stream: true }).split('\n');
    begun += first;
    for (const next of rest) {
      if (begun.trim() !== '') yield { number, text: begun, complete: true };
      number += 1;
      begun = next;
    }
  }
  begun += decoder.decode();
  if (begun.trim() !== '') yield { number, text: begun, complete: false };
}
