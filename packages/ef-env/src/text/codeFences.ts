/** A fenced block of Markdown; positions are UTF-16 units in the text. */
export interface CodeFence {
  /** What stands after the opening marks, trimmed: the language and whatever follows it. */
  info: string;
  /** Blanks before the opening marks: in an item of a list all lines have them. */
  indent: string;
  /** The code without its fences. */
  start: number;
  end: number;
  /** Behind the closing marks. */
  next: number;
  /** `false`: it goes to the end of the text. */
  closed: boolean;
}

/** Three or more marks at the beginning of a line, also of a quotation or of an item of a list. */
const OPENING =
  /([ \t]*)(?:(?:[-*+>]|\d{1,9}[.)])[ \t]+)*(?:(`{3,})([^`\n]*)|(~{3,})([^\n]*))(?:\n|$(?![\s\S]))/y;

/** The block whose fence opens in the line that begins at `at`, or `null`. */
export function fenceAt(text: string, at: number): CodeFence | null {
  OPENING.lastIndex = at;
  const [line, indent = '', backquotes, named, tildes, called] = OPENING.exec(text) ?? [];
  const marks = backquotes ?? tildes;
  if (line === undefined || marks === undefined) return null;
  const start = at + line.length;
  const close = text[start - 1] === '\n' ? closingFence(text, start, marks) : null;
  const end = close?.index ?? text.length;
  const next = end + (close?.[0].length ?? 0);
  const [info = ''] = (named ?? called ?? '').split(/[<[]/); // a mark of the chat is no language
  return { info: info.trim(), indent, start, end, next, closed: close !== null };
}

/** A mark of the chat may follow it at once: samplers stop there. */
const CLOSING = /^[ \t>]*(`{3,}|~{3,})[ \t]*(?=\r?$|[<[])/gm;

function closingFence(text: string, from: number, marks: string): RegExpExecArray | null {
  CLOSING.lastIndex = from;
  let found = CLOSING.exec(text);
  while (found && !found[1]!.startsWith(marks)) found = CLOSING.exec(text); // always has a group 1
  return found;
}

/** All fenced blocks of a text. */
export function codeFences(text: string): CodeFence[] {
  const fences: CodeFence[] = [];
  for (let at = 0; at < text.length; ) {
    const fence = fenceAt(text, at);
    if (fence) fences.push(fence);
    const newline = text.indexOf('\n', fence?.next ?? at);
    at = newline < 0 ? text.length : newline + 1;
  }
  return fences;
}
