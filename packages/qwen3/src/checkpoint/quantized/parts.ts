import { Qwen3Error } from '../../base/errors.ts';
import { showValue } from '../../base/showValue.ts';
import type { SafetensorsDtype, SafetensorsEntry } from '../safetensorsHeader.ts';
import type { QuantizedSource } from './quantizedTensor.ts';

/** What a tensor must be to fit the matrix it belongs to. */
interface PartLayout {
  dtypes: readonly SafetensorsDtype[];
  /** Any of them. */
  shapes: readonly (readonly number[])[];
}

/** Whether JSON says how many of something there are. */
export const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0;

/** @throws {Qwen3Error} `checkpoint` */
export function damaged(path: string, what: string): never {
  throw new Qwen3Error(
    'checkpoint',
    `loadModel: ${path} ${what} The file is damaged, or is not of this config.json.`,
  );
}

/** @throws {Qwen3Error} `checkpoint` if the tensor is not there or is another than asked for. */
export function checkedPart(
  { file, path }: QuantizedSource,
  name: string,
  { dtypes, shapes }: PartLayout,
): SafetensorsEntry {
  const wanted = `${dtypes.join(' or ')} ${shapes.map((shape) => showValue(shape)).join(' or ')}`;
  const entry = file.entries.get(name);
  if (!entry)
    return damaged(path, `lacks ${name} (${wanted}), without which a weight has no scale.`);
  const isShaped = shapes.some((shape) => shape.join() === entry.shape.join());
  if (isShaped && dtypes.includes(entry.dtype)) return entry;
  return damaged(path, `has ${name} as ${entry.dtype} ${showValue(entry.shape)}, not ${wanted}.`);
}

/** The shape of a quantised tensor. @throws {Qwen3Error} `checkpoint` if it is no matrix. */
export function matrixShape({ file, path }: QuantizedSource, name: string): [number, number] {
  const { shape } = file.entries.get(name)!; // a name of the file
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    return damaged(path, `has ${name} quantised with the shape ${showValue(shape)}, not a matrix.`);
  }
  return [rows, columns];
}

/** The values of scales or the like. @throws {Qwen3Error} `checkpoint` at the first that is NaN or infinite. */
export async function finiteValues(
  { file, path }: QuantizedSource,
  name: string,
): Promise<Float32Array> {
  const values = Float32Array.from(await file.read(name));
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) damaged(path, `has ${name} with ${values[bad]} at index ${bad}.`);
  return values;
}
