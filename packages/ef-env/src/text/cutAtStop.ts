/**
 * A text up to the first of several strings, as if the policy had been stopped there: base models go on with the next
 * question of their own. `stop` = `['Question:']` is what lighteval's GSM8K stops at.
 */
export function cutAtStop(text: string, stop: readonly string[]): string {
  const ends = stop.map((string) => text.indexOf(string)).filter((index) => index >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}
