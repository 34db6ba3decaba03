import { Qwen3Error } from '../base/errors.ts';
import { checkFunction } from '../base/optionChecks.ts';
import { checkLanguageModel, type LanguageModel } from '../model/languageModel.ts';

/**
 * Runs `fn` on the frozen base: the adapter is off inside and back on afterwards, also after an error. With LoRA the
 * reference model of a KL costs no second copy of the weights. Without an adapter `fn` simply runs.
 *
 * @param fn - synchronous, so that no other forward pass can see the adapter off.
 * @throws {Qwen3Error} `option` if `fn` returns a promise.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * addLora(model, { r: 4, alpha: 8 });
 * const batch = tokenBatch([{ ids: [1, 2, 3] }], { padId: 0 });
 * const refHidden = withoutAdapter(model, () => model.forward(batch));
 */
export function withoutAdapter<T>(model: LanguageModel, fn: () => T): T {
  checkLanguageModel('withoutAdapter', 'model', model);
  checkFunction('withoutAdapter: fn', fn);
  const { adapter } = model;
  if (!adapter) return fn();
  const before = adapter.enabled;
  adapter.enabled = false;
  try {
    const result = fn();
    if (result instanceof Promise) {
      throw new Qwen3Error(
        'option',
        'withoutAdapter: fn must be synchronous, it returned a promise. Await outside: run the forward pass inside and read its data afterwards.',
      );
    }
    return result;
  } finally {
    adapter.enabled = before;
  }
}
