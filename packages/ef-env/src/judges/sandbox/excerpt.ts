/** A text of at most about `limit` characters: a longer one loses its middle. Blanks at its end go as well. */
export function excerpt(text: string, limit: number): string {
  const trimmed = text.trimEnd();
  if (trimmed.length <= limit) return trimmed;
  const half = Math.floor(limit / 2);
  const head = wholeStart(trimmed.slice(0, half));
  const tail = wholeEnd(trimmed.slice(-half));
  return `${head} ... (${trimmed.length - head.length - tail.length} characters left out) ... ${tail}`;
}

/** Without half a surrogate pair at the end. */
function wholeStart(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}

/** Without half a surrogate pair at the start. */
function wholeEnd(text: string): string {
  return /^[\uDC00-\uDFFF]/.test(text) ? text.slice(1) : text;
}
