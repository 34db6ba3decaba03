import { Qwen3Error } from '../base/errors.ts';
import type { SafetensorsFile } from './openSafetensors.ts';

/** Reads a weight as f32. @throws {Qwen3Error} `checkpoint` if a value is NaN or infinite. */
export async function readFloats(
  functionName: string,
  file: SafetensorsFile,
  name: string,
): Promise<Float32Array> {
  const stored = await file.read(name);
  const values = stored instanceof Float32Array ? stored : Float32Array.from(stored);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return values;
  throw new Qwen3Error(
    'checkpoint',
    `${functionName}: ${name} is ${values[bad]} at index ${bad}. The checkpoint was saved from a diverged run or is damaged.`,
  );
}
