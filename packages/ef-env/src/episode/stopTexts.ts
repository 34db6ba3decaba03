import { EfEnvError } from '../base/errors.ts';
import { cutAtStop } from '../text/cutAtStop.ts';
import type { Attempt } from './policy.ts';

/** @throws {EfEnvError} `option` unless `stop` is a list of texts that are not empty. */
export function checkStop(caller: string, stop: unknown): void {
  const isText = (text: unknown): boolean => typeof text === 'string' && text !== '';
  if (Array.isArray(stop) && stop.every(isText)) return;
  throw new EfEnvError(
    'option',
    `${caller}: stop must be a list of texts that are not empty, got ${JSON.stringify(stop)}.`,
  );
}

/** What a policy said that did not stop by itself, cut at the first of the texts. Its tokens are left as they are. */
export function cutSegments(segments: readonly Attempt[], stop: readonly string[]): Attempt[] {
  return segments.map((segment) => {
    const text = cutAtStop(segment.text, stop);
    return text === segment.text ? segment : { ...segment, text };
  });
}

/**
 * The same for episodes that are trained on.
 *
 * @throws {EfEnvError} `policy` for a text that goes on after a stop and has tokens: which of them belong to what is
 * left only the policy knows.
 */
export function cutAttempts(
  caller: string,
  segments: readonly Attempt[],
  stop: readonly string[],
): Attempt[] {
  const cut = cutSegments(segments, stop);
  const at = cut.findIndex((segment, i) => segment !== segments[i] && segment.tokens !== undefined);
  if (at < 0) return cut;
  const found = stop.filter((text) => segments[at]!.text.includes(text)); // an index of both
  throw new EfEnvError(
    'policy',
    `${caller}: policy.generate was asked to stop at ${found.map((text) => JSON.stringify(text)).join(', ')}, and segment ${at} goes on with its tokens attached. Let the policy honour stop, or attach no tokens.`,
  );
}
