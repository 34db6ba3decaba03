import { keep, square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { Adapter, LayerSettings } from '../model/adapter.ts';
import { heapTensor } from '../model/frozenWeight.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { isStack, type LayerRanks } from './adapterShapes.ts';
import { peftTargets } from './adapterTargets.ts';

/** What makes an adapter. */
export interface AdapterFields
  extends Pick<
    Adapter,
    'name' | 'r' | 'alpha' | 'useRslora' | 'useDora' | 'baseModel' | 'dropout' | 'parameters'
  > {
  layers: LayerRanks;
}

/** The name of an adapter that nobody named, as in PEFT. */
export const DEFAULT_NAME = 'default';

/** Puts an adapter on a model, where it acts from now on. It owns `parameters`. */
export function attachAdapter(model: Qwen3, fields: AdapterFields): void {
  const { name, r, alpha, useRslora, useDora, parameters } = fields;
  const settings = (ranks: { r: number; alpha: number }): LayerSettings => ({
    ...ranks,
    scaling: ranks.alpha / (useRslora ? Math.sqrt(ranks.r) : ranks.r),
  });
  const layers = Object.fromEntries(
    Object.entries(fields.layers).map(([layer, ranks]) => [layer, settings(ranks)]),
  );
  const rowNorms = useDora ? squaredRowNorms(model, Object.keys(layers)) : {};
  const adapter: Adapter = {
    ...fields,
    layers,
    scaling: settings({ r, alpha }).scaling,
    targets: peftTargets(
      Object.keys(layers).filter((layer) => !isStack(layer)),
      model,
    ),
    rowNorms,
    enabled: true,
    dispose() {
      for (const tensor of [...Object.values(parameters), ...Object.values(rowNorms)])
        tensor.dispose();
      if (model.adapters.get(name) === adapter) model.adapters.delete(name);
      if (model.adapter === adapter) model.adapter = undefined;
    },
  };
  model.adapters.set(name, adapter);
  model.adapter = adapter;
}

/** @throws {Qwen3Error} `option` unless `name` is a text that no adapter of the model has. */
export function checkNewName(caller: string, model: Qwen3, name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') {
    throw new Qwen3Error('option', `${caller}: name must be a text, got ${showValue(name)}.`);
  }
  if (!model.adapters.has(name)) return;
  throw new Qwen3Error(
    'option',
    `${caller}: the model has an adapter called ${showValue(name)} already. Give another name, or call removeAdapter(model, ${showValue(name)}) first.`,
  );
}

/** `||w||^2` of every row, kept until disposed. */
export function squaredRowNorms(model: Qwen3, modules: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(
    modules.map((module) => [
      module,
      tidy(() => keep(sum(square(heapTensor(model.matrix(`${module}.weight`))), 1))),
    ]),
  );
}
