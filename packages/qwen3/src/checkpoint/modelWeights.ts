import { type MappedTensor, mapTensor, storedTensor } from '@molrl/tensor-gpu';
import type { Variable } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { toVariable } from '../model/toVariable.ts';
import { FLOAT_TYPES, type FloatType } from './floatTypes.ts';
import type { TensorFile } from './openSafetensors.ts';
import { readFloats } from './readFloats.ts';
import { EMBEDDING, HEAD, type WeightPlace, weightPlaces } from './weightNames.ts';

/** The weights of a model: in the heap, and frozen outside it. */
interface ModelWeights {
  parameters: Record<string, Variable>;
  frozen: Record<string, MappedTensor>;
}

/** Where weights are read from, and how. */
interface WeightSource {
  file: TensorFile;
  /** Of the file or its index, for errors. */
  path: string;
  /** Matrices stay as the file has them. */
  frozen: boolean;
}

/** Reads, or maps, every weight of the config; all or nothing. */
export async function modelWeights(
  config: Qwen3Config,
  { file, path, frozen: isFrozen }: WeightSource,
): Promise<ModelWeights> {
  const weights: ModelWeights = { parameters: {}, frozen: {} };
  try {
    for (const [name, place] of Object.entries(weightPlaces(config, file, path))) {
      checkType(file, place, path);
      const isMatrix = place.shape.length === 2;
      if (isFrozen && isMatrix) weights.frozen[name] = await frozenWeight(file, place);
      else {
        const values = await readFloats('loadModel', file, place.stored);
        weights.parameters[name] = toVariable(values, place.shape);
      }
    }
    if (config.tieWordEmbeddings) await shareEqualHead(weights);
    return weights;
  } catch (error) {
    const all = [...Object.values(weights.parameters), ...Object.values(weights.frozen)];
    for (const loaded of all) loaded.dispose();
    throw error;
  }
}

function checkType(file: TensorFile, { stored }: WeightPlace, path: string): void {
  const dtype = file.entries.get(stored)?.dtype ?? '';
  if (dtype in FLOAT_TYPES) return;
  if (/^[IU]|^BOOL/.test(dtype)) {
    throw new Qwen3Error(
      'checkpoint',
      `loadModel: ${stored} in ${path} holds integers (${dtype}), floats were expected. Quantised weights need a config.json that says how they are scaled (quantization_config).`,
    );
  }
  throw new Qwen3Error(
    'unsupported',
    `loadModel: ${path} holds ${showValue(stored)} as ${dtype}, this version reads ${Object.keys(FLOAT_TYPES).join(', ')}. Convert the model first.`,
  );
}

/** Mapped where it lies on this machine, else read; its values are not looked at. */
async function frozenWeight(
  file: TensorFile,
  { stored, shape }: WeightPlace,
): Promise<MappedTensor> {
  const dtype = FLOAT_TYPES[file.entries.get(stored)!.dtype as FloatType]; // checked
  const place = file.place(stored);
  const align = dtype === 'f32' ? 4 : 2;
  if (place && place.offset % align === 0) {
    return mapTensor(place.path, { offset: place.offset, shape, dtype });
  }
  return storedTensor(await file.bytes(stored), { shape, dtype });
}

async function shareEqualHead({ parameters, frozen }: ModelWeights): Promise<void> {
  const [mine, theirs] = [parameters[HEAD], parameters[EMBEDDING]];
  if (mine && theirs && isSame(...(await Promise.all([mine.data(), theirs.data()])))) {
    mine.dispose();
    delete parameters[HEAD];
  }
  const [head, embedding] = [frozen[HEAD], frozen[EMBEDDING]];
  if (head && embedding && isSameStored(head, embedding)) {
    head.dispose();
    delete frozen[HEAD];
  }
}

const isSame = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

function isSameStored(a: MappedTensor, b: MappedTensor): boolean {
  if (a.dtype !== b.dtype) return false;
  const holds = [a.hold(), b.hold()] as const;
  try {
    return isSame(holds[0].bytes(), holds[1].bytes());
  } finally {
    for (const hold of holds) hold.release();
  }
}
