import { Qwen3Error } from '../base/errors.ts';
import { checkTokenIds } from '../base/optionChecks.ts';
import type { Tokenizer } from '../chat/createTokenizer.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { endsOfConfig } from './resolveGenerateOptions.ts';

/** The token that ends a turn and the ends given, or those of the model's config. @throws {Qwen3Error} `option`, `config`, `tokenizer` */
export function endsOfPolicy(
  model: Qwen3,
  tokenizer: Tokenizer,
  { end: token, eosIds: given }: { end: string; eosIds: readonly number[] | null | undefined },
): readonly number[] {
  const end = tokenizer.specialId(token);
  const { vocabSize } = model.config;
  if (end >= vocabSize) {
    throw new Qwen3Error(
      'option',
      `qwen3Policy: the tokenizer's ${token} is ${end}, the model has ${vocabSize} tokens. Tokenizer and model are not of one vocabulary.`,
    );
  }
  const others = given === undefined ? endsOfConfig('qwen3Policy', model) : (given ?? []);
  checkTokenIds('qwen3Policy: eosIds', others, vocabSize);
  return [...new Set([end, ...Array.from(others)])];
}

/** Ids that must not be sampled: those without a token, and the caller's. */
export function suppressedIds(
  model: Qwen3,
  tokenizer: Tokenizer,
  given: readonly number[] | null | undefined,
): number[] {
  if (given === null) return [];
  const { vocabSize } = model.config;
  checkTokenIds('qwen3Policy: suppressTokens', given ?? [], vocabSize);
  const beyond = Math.max(0, vocabSize - tokenizer.vocabSize);
  return [
    ...(tokenizer.missingIds ?? []).filter((id) => id < vocabSize),
    ...Array.from({ length: beyond }, (_, i) => tokenizer.vocabSize + i),
    ...(given ?? []),
  ];
}
