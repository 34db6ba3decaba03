/** Index just after the brace that closes the one at `open`, or the end of the text. */
export function afterBrace(s: string, open: number): number {
  let depth = 0;
  for (let i = open; i < s.length; i++) {
    if (s[i] === '\\') i += 1;
    else if (s[i] === '{') depth += 1;
    else if (s[i] === '}') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return s.length;
}
