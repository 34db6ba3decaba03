import { afterBrace } from '../read/afterBrace.ts';

/** The content of a `\boxed{...}` and where it stands. */
export interface Box {
  readonly content: string;
  readonly start: number;
  readonly end: number;
}

/** More boxes than this are not looked at, counted from the end. */
const MAX_BOXES = 40;

/**
 * The boxes of a text, outermost only, in order: `\boxed{..}`, `\fbox{..}`, `\boxed 7`, a box whose brace
 * is never closed (up to the end of its line), and `boxed{..}` if there is no other.
 */
export function findBoxes(text: string): Box[] {
  if (!text.includes('box')) return [];
  const starts = [...text.matchAll(/\\(?:boxed|fbox|framebox)(?![a-zA-Z])\s*/g)];
  const found = starts.length > 0 ? starts : [...text.matchAll(/(?<![\\a-zA-Z])boxed(?=\{)/g)];
  const boxes: Box[] = [];
  let from = 0;
  for (const match of found.slice(-MAX_BOXES)) {
    if (match.index < from) continue;
    const open = match.index + match[0].length;
    const box =
      text[open] === '{' ? bracedBox(text, match.index, open) : bareBox(text, match.index, open);
    if (box === null) continue;
    boxes.push(box);
    from = box.end;
  }
  return boxes;
}

function bracedBox(text: string, start: number, open: number): Box {
  const end = afterBrace(text, open);
  if (text[end - 1] === '}' && end - 1 > open)
    return { content: text.slice(open + 1, end - 1), start, end };
  const line = text.slice(open + 1).split(/\n|\$|\\\]|\\\)/, 1)[0]!; // split gives at least one
  return { content: line, start, end: open + 1 + line.length };
}

function bareBox(text: string, start: number, open: number): Box | null {
  const content = /^[^\s$,;{}\\]+/.exec(text.slice(open, open + 200))?.[0].replace(/\.$/, '');
  return content === undefined || content === ''
    ? null
    : { content, start, end: open + content.length };
}

/** The content of the last box, or `null`: `\boxed{1} then \boxed{2}` gives `2`. */
export const lastBoxed = (text: string): string | null => findBoxes(text).at(-1)?.content ?? null;
