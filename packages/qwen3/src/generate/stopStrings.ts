import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';

/** Where a text ends because it says one of some strings. */
export interface StopStrings {
  /** Whether the text of the ids has a stop string that the ids without the last one did not have. */
  isReached(ids: Int32Array): boolean;
  /** The text before the first stop string. */
  cut(text: string): string;
}

/**
 * Looks for stop strings as tokens arrive.
 *
 * @param decode - text of ids.
 * @throws {Qwen3Error} `option` unless `stop` is a list of texts that are not empty.
 */
export function stopStrings(
  caller: string,
  stop: readonly string[],
  decode: (ids: Int32Array) => string,
): StopStrings {
  const isText = (text: unknown): boolean => typeof text === 'string' && text !== '';
  if (!Array.isArray(stop) || !stop.every(isText)) {
    throw new Qwen3Error(
      'option',
      `${caller}: stop must be a list of texts that are not empty, got ${showValue(stop)}.`,
    );
  }
  // A token is a byte at least: a string that ends in the last token begins at most so many tokens before it.
  const longest = Math.max(0, ...stop.map((text) => new TextEncoder().encode(text).length));
  return {
    isReached(ids) {
      const tail = decode(ids.subarray(Math.max(0, ids.length - longest - 1)));
      return stop.some((text) => tail.includes(text));
    },
    cut(text) {
      const places = stop.map((part) => text.indexOf(part)).filter((at) => at >= 0);
      return places.length === 0 ? text : text.slice(0, Math.min(...places));
    },
  };
}
