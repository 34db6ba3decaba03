import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { Tokenizer } from './createTokenizer.ts';

/** @throws {Qwen3Error} `option` unless `tokenizer` has the functions of a {@link Tokenizer}. */
export function checkTokenizer(caller: string, tokenizer: unknown): asserts tokenizer is Tokenizer {
  const { encode, decode, specialId } = (tokenizer ?? {}) as Partial<Tokenizer>; // looked at below
  if ([encode, decode, specialId].every((one) => typeof one === 'function')) return;
  const fix = tokenizer instanceof Promise ? ' Write `await loadTokenizer(folder)`.' : '';
  throw new Qwen3Error(
    'option',
    `${caller}: tokenizer must be what loadTokenizer or createTokenizer returns, got ${showValue(tokenizer)}.${fix}`,
  );
}
