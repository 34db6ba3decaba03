import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { Qwen3 } from './qwen3.ts';

/** @throws {Qwen3Error} `option` unless `model` looks like a {@link Qwen3}, whichever copy of the package made it. */
export function checkModel(caller: string, model: unknown): asserts model is Qwen3 {
  const { config, parameters } = (model ?? {}) as Partial<Qwen3>; // looked at below
  if (typeof config === 'object' && config !== null && typeof parameters === 'object') return;
  const fix = model instanceof Promise ? ' Write `await loadModel(folder)`.' : '';
  throw new Qwen3Error(
    'option',
    `${caller}: model must be what loadModel or createQwen3 returns, got ${showValue(model)}.${fix}`,
  );
}
