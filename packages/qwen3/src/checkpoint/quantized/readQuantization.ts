import { Qwen3Error } from '../../base/errors.ts';
import { showValue } from '../../base/showValue.ts';
import { BITSANDBYTES_4 } from './bitsandbytes4.ts';
import { BITSANDBYTES_8 } from './bitsandbytes8.ts';
import { compressedTensors } from './compressedTensors.ts';
import { fineGrainedFp8 } from './fineGrainedFp8.ts';
import type { Quantization } from './quantizedTensor.ts';
import { refuseQuantization } from './refuseQuantization.ts';

type Json = Record<string, unknown>;

/**
 * How the weights beside a `config.json` are quantised; undefined where it has no `quantization_config`.
 *
 * @throws {Qwen3Error} `unsupported` for methods and settings that are not read, by name; `config` if it says nothing.
 */
export function readQuantization(config: Json, source: string): Quantization | undefined {
  const { quantization_config: settings } = config;
  if (settings === undefined || settings === null) return undefined;
  if (typeof settings !== 'object' || Array.isArray(settings)) {
    return fail(source, `must be an object, got ${showValue(settings)}`);
  }
  return layoutOf(settings as Json, config, source);
}

function layoutOf(settings: Json, config: Json, source: string): Quantization {
  const { quant_method: method, load_in_4bit: four, load_in_8bit: eight } = settings;
  const isOld = method === undefined && (four === true || eight === true); // before there were other methods
  if (isOld || method === 'bitsandbytes') {
    if (four !== true && eight !== true) fail(source, 'has neither load_in_8bit nor load_in_4bit');
    return four === true ? BITSANDBYTES_4 : BITSANDBYTES_8;
  }
  if (method === 'compressed-tensors') return compressedTensors(settings, source);
  if (method === 'fp8') return fineGrainedFp8(settings, config, source);
  if (method === undefined) fail(source, `has no quant_method: ${showValue(settings)}`);
  return refuseQuantization(source, `quant_method ${showValue(method)}`);
}

function fail(source: string, what: string): never {
  throw new Qwen3Error(
    'config',
    `loadModel: ${source}: quantization_config ${what}. Remove it if the weights are plain floats.`,
  );
}
