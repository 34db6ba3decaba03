import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { MODEL_TYPES, type ModelType } from '../model/modelTypes.ts';
import type { LayerType, Qwen3Config } from '../model/qwen3Config.ts';
import { flag, refuser } from './refuseUnsupported.ts';

type Json = Record<string, unknown>;
type Windows = Pick<Qwen3Config, 'slidingWindow' | 'layerTypes'>;

/** transformers' defaults for a config that asks for windows and says no more. */
const WINDOW = 4096;
const FIRST_LAYER = 28;

/**
 * Which layers have a sliding window, as transformers reads it: all of a Mistral and a Qwen3-MoE, whatever `layer_types` says;
 * of the others those that `layer_types` names, without it the layers from `max_window_layers` on (Qwen2, Qwen3) or those
 * without rotary positions (SmolLM3).
 *
 * @throws {Qwen3Error} `unsupported` for windows in another family and for layers of other types, `config`
 */
export function readWindows(
  json: Json,
  source: string,
  { type, noRopeLayers }: { type: ModelType; noRopeLayers?: readonly number[] | undefined },
): Windows {
  for (const key of ['sliding_window', 'max_window_layers']) checkWhole(json, source, key);
  const layers = layersOf(json);
  const window = readWindow(json, source, type);
  const types = readTypes(json, source, layers);
  const { fields } = MODEL_TYPES[type];
  if (!fields.includes('slidingWindow')) {
    const isAsked = window !== null || types?.includes('sliding_attention');
    if (!isAsked) return {};
    refuser(source)(
      `sliding windows (${window === null ? 'layer_types' : 'use_sliding_window'}), which model_type ${showValue(type)} does not have`,
    );
  }
  if (!fields.includes('layerTypes')) return window === null ? {} : { slidingWindow: window };
  const isSliding = (layer: number): boolean =>
    type === 'smollm3' ? noRopeLayers?.[layer] === 0 : layer >= firstLayer(json);
  const own = types ?? typesBy(window === null ? () => false : isSliding, layers);
  if (own.every((one) => one === 'full_attention')) return {};
  if (window === null) return { layerTypes: own }; // checkConfig says what is missing
  return { slidingWindow: window, ...(own.includes('full_attention') && { layerTypes: own }) };
}

function readWindow(json: Json, source: string, type: ModelType): number | null {
  const isAsked = flag(json, source, { key: 'use_sliding_window' }) || type === 'mistral';
  const usual = type === 'smollm3' || type === 'llama' ? null : WINDOW;
  const { sliding_window: window = usual } = json;
  return isAsked ? (window as number | null) : null; // a whole number: see above
}

const firstLayer = ({ max_window_layers: first }: Json): number => (first ?? FIRST_LAYER) as number; // a whole number: see above

/** Of a damaged config none, for which no long list is made. */
export function layersOf({ num_hidden_layers: layers }: Json): number {
  const isCount = Number.isSafeInteger(layers) && (layers as number) > 0;
  return isCount && (layers as number) < 1e5 ? (layers as number) : 0;
}

const typesBy = (isSliding: (layer: number) => boolean, layers: number): LayerType[] =>
  Array.from({ length: layers }, (_, layer) =>
    isSliding(layer) ? 'sliding_attention' : 'full_attention',
  );

function readTypes(json: Json, source: string, layers: number): LayerType[] | undefined {
  const types = json.layer_types ?? undefined;
  if (types === undefined) return undefined;
  const isKnown = (one: unknown): one is LayerType =>
    one === 'full_attention' || one === 'sliding_attention';
  if (!Array.isArray(types) || !types.every(isKnown)) {
    return refuser(source)(`other attention (layer_types ${showValue(types)})`);
  }
  if (types.length === layers) return types;
  throw new Qwen3Error(
    'config',
    `parseConfig: ${source}: layer_types has ${types.length} entries, num_hidden_layers is ${showValue(json.num_hidden_layers)}. They must be equal.`,
  );
}

function checkWhole(json: Json, source: string, key: string): void {
  if (Number.isSafeInteger(json[key] ?? 0)) return;
  throw new Qwen3Error(
    'config',
    `parseConfig: ${source}: ${key} must be a whole number or null, got ${showValue(json[key])}.`,
  );
}
