const encoder = new TextEncoder();

/** Length of a text in UTF-8 bytes, the unit of reward spans. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}
