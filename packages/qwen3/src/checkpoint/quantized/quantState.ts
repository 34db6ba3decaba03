import { showValue } from '../../base/showValue.ts';
import { FLOAT_NAMES, type FloatType } from '../floatTypes.ts';
import { damaged, isSize } from './parts.ts';
import type { QuantizedSource } from './quantizedTensor.ts';

/** The two data types of bitsandbytes with 4 bits. */
export type FourBitKind = 'nf4' | 'fp4';

/** What bitsandbytes writes beside a matrix of 4 bits. */
export interface QuantState {
  shape: [rows: number, columns: number];
  dtype: FloatType;
  /** Values that share a scale. */
  blockSize: number;
  /** Set where the scales are quantised, too: how many share a scale, and what is added. */
  nested: { blockSize: number; offset: number } | undefined;
}

/** Those of Qwen3's largest matrices have 170 bytes. */
const MAX_BYTES = 4096;

const BLOCK_SIZES: readonly unknown[] = [32, 64, 128, 256, 512, 1024, 2048, 4096];
const KEYS = ['quant_type', 'blocksize', 'dtype', 'shape'];
const NESTED_KEYS = ['nested_blocksize', 'nested_dtype', 'nested_offset'];

/**
 * Reads `X.weight.quant_state.bitsandbytes__nf4` (or `fp4`): JSON as bytes. Nothing is made of its numbers before they fit the
 * bytes of the matrix.
 *
 * @throws {Qwen3Error} `checkpoint`
 */
export async function readQuantState(
  source: QuantizedSource,
  name: string,
  { kind, packedBytes }: { kind: FourBitKind; packedBytes: number },
): Promise<QuantState> {
  const fail = (what: string): never => damaged(source.path, `has ${name} ${what}`);
  const state = await readState(source, name, fail);
  const isNested = NESTED_KEYS.some((key) => state[key] !== undefined);
  const known = isNested ? [...KEYS, ...NESTED_KEYS] : KEYS;
  const unknown = Object.keys(state).find((key) => !known.includes(key));
  if (unknown !== undefined) fail(`with ${showValue(unknown)}, which is not known.`);
  /** The value if it passes. */
  const value = <T>(key: string, isGood: (value: unknown) => value is T): T => {
    const found = state[key];
    return isGood(found) ? found : fail(`with ${key} ${showValue(found)}.`);
  };
  value('quant_type', (type): type is FourBitKind => type === kind);
  const shape = value('shape', isMatrix);
  if (Math.ceil((shape[0] * shape[1]) / 2) !== packedBytes) {
    fail(`with shape ${showValue(shape)}, the weight has ${packedBytes} bytes of two values.`);
  }
  const dtype = value('dtype', (type): type is string => FLOAT_NAMES.has(type));
  if (isNested) value('nested_dtype', (type): type is 'float32' => type === 'float32');
  return {
    shape,
    dtype: FLOAT_NAMES.get(dtype)!, // it has it
    blockSize: value('blocksize', (size): size is number => BLOCK_SIZES.includes(size)),
    nested: isNested
      ? {
          blockSize: value('nested_blocksize', isSize),
          offset: value('nested_offset', (x): x is number => Number.isFinite(x)),
        }
      : undefined,
  };
}

const isMatrix = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(isSize);

async function readState(
  { file }: QuantizedSource,
  name: string,
  fail: (what: string) => never,
): Promise<Record<string, unknown>> {
  const { dtype, shape } = file.entries.get(name)!; // a name of the file
  const isText = dtype === 'U8' && shape.length === 1 && shape[0]! <= MAX_BYTES;
  if (!isText) fail(`as ${dtype} ${showValue(shape)}, not as U8 of at most ${MAX_BYTES} bytes.`);
  const text = new TextDecoder().decode(await file.bytes(name));
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return fail(`which is not JSON: ${showValue(text)}.`);
  }
  const isObject = typeof state === 'object' && state !== null && !Array.isArray(state);
  return isObject ? (state as Record<string, unknown>) : fail(`with ${showValue(state)}.`);
}
