import type { Adapter } from '../model/adapter.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { peftTargets } from './adapterTargets.ts';

/** Sets `model.adapter`. @param parameters - owned by the adapter from now on. */
export function attachAdapter(
  model: Qwen3,
  fields: Pick<Adapter, 'r' | 'alpha' | 'baseModel' | 'dropout' | 'parameters'>,
): void {
  const adapted = Object.keys(fields.parameters).filter((name) => name.endsWith(LORA_A));
  model.adapter = {
    ...fields,
    scaling: fields.alpha / fields.r,
    targets: peftTargets(
      adapted.map((name) => name.slice(0, -LORA_A.length)),
      model,
    ),
    enabled: true,
    dispose() {
      for (const variable of Object.values(fields.parameters)) variable.dispose();
    },
  };
}

const LORA_A = '.lora_A.weight';

/** Names and shapes of A and B for the adapted layers, in the order given. */
export function adapterShapes(
  model: Qwen3,
  r: number,
  modules: readonly string[],
): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  for (const module of modules) {
    const [rows, columns] = model.weight(`${module}.weight`).shape as [number, number];
    shapes[`${module}${LORA_A}`] = [r, columns];
    shapes[`${module}.lora_B.weight`] = [rows, r];
  }
  return shapes;
}
