/** Escapes that mean the same in Python and JavaScript, for names of layers (ASCII, one line). */
const SAME_ESCAPES = /^[dDwWsSbBnrtfv0-9]$|^[^\p{L}\p{N}]$/u;

/**
 * A Python regular expression as JavaScript, for matching the whole text.
 *
 * @returns what stands in the way instead, where the two languages differ.
 */
export function pythonRegExp(pattern: string): RegExp | { unlike: string } {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i);
    const translated = translate(rest);
    if ('unlike' in translated) return translated;
    source += translated.text;
    i += translated.length - 1;
  }
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    return { unlike: 'it is no regular expression of JavaScript' };
  }
}

type Piece = { text: string; length: number } | { unlike: string };

function translate(rest: string): Piece {
  if (rest[0] === '\\') return translateEscape(rest[1] ?? '');
  if (rest[0] === '[') return translateClass(rest);
  const named = /^\(\?P<(\w+)>/.exec(rest);
  if (named) return { text: `(?<${named[1]}>`, length: named[0].length };
  const back = /^\(\?P=(\w+)\)/.exec(rest);
  if (back) return { text: `\\k<${back[1]}>`, length: back[0].length };
  const group = /^\(\?(?!:|=|!|<=|<!)[^)]{0,8}/.exec(rest);
  if (group) return { unlike: `${group[0]}…` };
  const possessive = /^(?:[*+?]|\{\d*,?\d*\})\+/.exec(rest);
  if (possessive) return { unlike: possessive[0] };
  const upTo = /^\{,(\d+)\}/.exec(rest);
  if (upTo) return { text: `{0,${upTo[1]}}`, length: upTo[0].length };
  return { text: rest[0] ?? '', length: 1 };
}

function translateEscape(letter: string): Piece {
  if (letter === 'A') return { text: '^', length: 2 };
  if (letter === 'Z') return { text: '$', length: 2 };
  if (SAME_ESCAPES.test(letter)) return { text: `\\${letter}`, length: 2 };
  return { unlike: `\\${letter}` };
}

/** A class goes over whole, so that its brackets are not taken for groups. */
function translateClass(rest: string): Piece {
  const found = /^\[(?!\^?\])(?:[^\]\\]|\\.)+\]/.exec(rest)?.[0];
  if (!found) return { unlike: 'a class that begins with ]' };
  const escapes = found.match(/\\./g) ?? [];
  const odd = escapes.find((one) => !SAME_ESCAPES.test(one[1] ?? ''));
  return odd === undefined ? { text: found, length: found.length } : { unlike: odd };
}
