import { Qwen3Error } from '../base/errors.ts';
import { checkFunction } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import type { Adapter } from '../model/adapter.ts';
import { checkModel } from '../model/checkModel.ts';
import type { Qwen3 } from '../model/qwen3.ts';

/**
 * Lets another adapter of the model act from now on, which is the one that `trainable()` gives; `null`: none, the base.
 *
 * @throws {Qwen3Error} `option` for a name that no adapter has.
 */
export function setAdapter(model: Qwen3, name: string | null): void {
  checkModel('setAdapter', model);
  model.adapter = named('setAdapter', model, name);
}

/**
 * Runs `fn` with another adapter of the model, or as the frozen base (`null`); afterwards, also after an error, the one
 * from before acts again.
 *
 * @param fn - synchronous, so that no other forward pass can see the change.
 * @throws {Qwen3Error} `option` for a name that no adapter has, and if `fn` returns a promise.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * addLora(model, { r: 4, alpha: 8, name: 'student' });
 * addLora(model, { r: 4, alpha: 8, name: 'teacher' });
 * const batch = tokenBatch([{ ids: [1, 2, 3] }], { padId: 0 });
 * const taught = withAdapter(model, 'teacher', () => model.forward(batch));
 * const base = withAdapter(model, null, () => model.forward(batch));
 * model.adapter?.name; // 'teacher'
 */
export function withAdapter<T>(model: Qwen3, name: string | null, fn: () => T): T {
  checkModel('withAdapter', model);
  checkFunction('withAdapter: fn', fn);
  const before = model.adapter;
  const isOn = before?.enabled;
  const wanted = named('withAdapter', model, name);
  const wasOn = wanted?.enabled;
  model.adapter = wanted;
  if (wanted) wanted.enabled = true;
  try {
    const result = fn();
    if (!(result instanceof Promise)) return result;
    throw new Qwen3Error(
      'option',
      'withAdapter: fn must be synchronous, it returned a promise. Await outside, or use setAdapter.',
    );
  } finally {
    if (wanted && wasOn !== undefined) wanted.enabled = wasOn;
    if (before && isOn !== undefined) before.enabled = isOn;
    model.adapter = before;
  }
}

/**
 * Takes an adapter off a model and frees it. If it was the one that acted, the model is its base again.
 *
 * @throws {Qwen3Error} `option` for a name that no adapter has.
 */
export function removeAdapter(model: Qwen3, name: string): void {
  checkModel('removeAdapter', model);
  named('removeAdapter', model, name)?.dispose();
}

function named(caller: string, model: Qwen3, name: string | null): Adapter | undefined {
  if (name === null) return undefined;
  const found = model.adapters.get(name);
  if (found) return found;
  const known = [...model.adapters.keys()].map((one) => `'${one}'`).join(', ') || 'none';
  throw new Qwen3Error(
    'option',
    `${caller}: the model has no adapter ${showValue(name)}. It has: ${known}. Add one with addLora or loadAdapter; null is the base.`,
  );
}
