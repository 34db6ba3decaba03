import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { TokenBatch } from './tokenBatch.ts';

/** @throws {Qwen3Error} `option` unless `batch` has the arrays named, as what `tokenBatch` or `packedBatch` returns has all. */
export function checkBatch<Name extends 'inputIds' | 'segmentIds'>(
  caller: string,
  batch: unknown,
  names: readonly Name[],
): asserts batch is Pick<TokenBatch, Name> {
  const given = (batch ?? {}) as Partial<TokenBatch>; // any value may be asked
  if (names.every((name) => given[name])) return;
  throw new Qwen3Error(
    'option',
    `${caller}: batch must be what tokenBatch or packedBatch returns, got ${showValue(batch)}.`,
  );
}
