/**
 * The answer of an attempt: what follows the last `</think>`, without surrounding white space.
 *
 * @returns `null` when the thought was never closed: there is no answer to grade.
 *
 * @example
 * parseAnswer('<think>\n9+1=10\n</think>\n\n10'); // '10'
 */
export function parseAnswer(completion: string): string | null {
  const marker = '</think>';
  const end = completion.lastIndexOf(marker);
  return end < 0 ? null : completion.slice(end + marker.length).trim();
}
