import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { parameterShapes } from '../model/parameterShapes.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { ggufName, ROPE_FACTORS } from './ggufNames.ts';
import type { GgufFile } from './openGguf.ts';
import { fromLlamaRows } from './rotaryRows.ts';

/** A weight under its Hugging Face name. */
export interface GgufWeight {
  name: string;
  /** Its name in the file. */
  stored: string;
  shape: number[];
  /** Of a projection whose rows the file has in llama.cpp's order. */
  heads: number | undefined;
  read(): Promise<Float32Array>;
}

/**
 * The weights of a config in a GGUF file, in the order and layout of Hugging Face checkpoints.
 *
 * @param architecture - `'llama'` files hold the rows of q and k in llama.cpp's order, which is undone.
 * @throws {Qwen3Error} `checkpoint` if names or shapes are not those of the metadata; from `read` for NaN and infinities.
 */
export function ggufWeights(
  file: GgufFile,
  config: Qwen3Config,
  architecture: string,
): GgufWeight[] {
  const fail = (what: string): never => {
    throw new Qwen3Error('checkpoint', `loadGguf: ${file.path} ${what}`);
  };
  checkLayers(file, config, fail);
  const used = new Set([ROPE_FACTORS]);
  const weights = Object.entries(parameterShapes(config)).map(([name, shape]): GgufWeight => {
    const stored = ggufName(name) ?? fail(`cannot hold ${name}: llama.cpp has no such tensor.`);
    const entry = file.entries.get(stored) ?? fail(`lacks ${stored}, which its metadata ask for.`);
    used.add(stored);
    if (entry.shape.join() !== shape.join()) {
      fail(
        `has ${stored} of shape ${showValue(entry.shape)}, its metadata ask for ${showValue(shape)}.`,
      );
    }
    const heads = architecture === 'llama' ? rotatedHeads(name, config) : undefined;
    return {
      ...{ name, stored, shape, heads },
      async read() {
        const values = await file.read(stored);
        const bad = values.findIndex((value) => !Number.isFinite(value));
        if (bad >= 0) fail(`has ${stored} ${values[bad]} at index ${bad}. It is damaged.`);
        return heads === undefined ? values : fromLlamaRows({ values, heads }, shape[0]!);
      },
    };
  });
  for (const name of file.entries.keys()) {
    if (!used.has(name))
      fail(`holds ${showValue(name)}, which a model of its metadata does not have.`);
  }
  return weights;
}

/** How many heads a projection makes, if rotary positions turn them; else undefined. */
export function rotatedHeads(name: string, config: Qwen3Config): number | undefined {
  if (/\.q_proj\.(weight|bias)$/.test(name)) return config.numAttentionHeads;
  return /\.k_proj\.(weight|bias)$/.test(name) ? config.numKeyValueHeads : undefined;
}

/** Counts layers before any is listed: a damaged number must cost nothing. */
function checkLayers(file: GgufFile, config: Qwen3Config, fail: (what: string) => never): void {
  const layers = new Set([...file.entries.keys()].map((name) => /^blk\.(\d+)\./.exec(name)?.[1]));
  layers.delete(undefined);
  if (layers.size >= config.numHiddenLayers) return;
  fail(`holds ${layers.size} layers, its metadata ask for ${config.numHiddenLayers}.`);
}
