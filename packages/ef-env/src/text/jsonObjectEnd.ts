const TOKEN = /[\s,:]+|true|false|null|-?\d[\d.eE+-]*|"(?:[^"\\\n]|\\[^\n])*"|([{[])|([}\]])/y;

/** Where the JSON object that begins at `at` ends, `null` when it does not. What it says is not checked: `JSON.parse` does. */
export function jsonObjectEnd(text: string, at: number): number | null {
  if (text[at] !== '{') return null;
  let depth = 0;
  TOKEN.lastIndex = at;
  for (let token = TOKEN.exec(text); token; token = TOKEN.exec(text)) {
    if (token[1]) depth++;
    if (token[2]) depth--;
    if (depth === 0) return TOKEN.lastIndex;
  }
  return null;
}
