import { narrow, widen } from '@molrl/tensor-gpu';
import { FLOAT_TYPES } from '../floatTypes.ts';
import type { TensorFile } from '../openSafetensors.ts';
import type { SafetensorsEntry } from '../safetensorsHeader.ts';
import { damaged } from './parts.ts';
import type {
  Quantization,
  QuantizedSource,
  QuantizedTensor,
  QuantizedTensors,
} from './quantizedTensor.ts';

/**
 * The file as if it had been saved dequantised: each quantised matrix has its real shape, the type that its library dequantises
 * to, and that library's values, bit for bit; what belongs to it is left out. A matrix is dequantised when it is asked for, and
 * lies nowhere in the file, so that it cannot be mapped.
 *
 * @throws {Qwen3Error} `checkpoint` if parts of a matrix are missing or do not fit it, if nothing is quantised, or if a tensor of
 * whole numbers is left over; `unsupported` for a variant of the layout that is not read.
 */
export async function dequantized(
  quantization: Quantization,
  source: QuantizedSource,
): Promise<TensorFile> {
  const { file } = source;
  const tensors = await quantization.find(source);
  return {
    metadata: file.metadata,
    entries: entriesOf(quantization, source, tensors),
    async read(name) {
      const tensor = tensors.get(name);
      if (!tensor) return file.read(name);
      if (tensor.dtype === 'F32') return tensor.values();
      return widen(await roundedBytes(tensor), FLOAT_TYPES[tensor.dtype]);
    },
    async bytes(name) {
      const tensor = tensors.get(name);
      return tensor ? roundedBytes(tensor) : file.bytes(name);
    },
    place: (name) => (tensors.has(name) ? undefined : file.place(name)),
    close: () => file.close(),
  };
}

const roundedBytes = async ({ values, dtype }: QuantizedTensor): Promise<Uint8Array<ArrayBuffer>> =>
  narrow(await values(), FLOAT_TYPES[dtype]);

function entriesOf(
  { name: layout, activations }: Quantization,
  { file, path }: QuantizedSource,
  tensors: QuantizedTensors,
): ReadonlyMap<string, SafetensorsEntry> {
  if (tensors.size === 0) {
    damaged(path, `holds no weight quantised as quantization_config says (${layout}).`);
  }
  const used = new Set([...tensors.values()].flatMap(({ parts }) => parts));
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, entry] of file.entries) {
    if (used.has(name) || activations?.test(name)) continue;
    entries.set(name, entry);
    if (entry.dtype in FLOAT_TYPES) continue;
    damaged(
      path,
      `holds ${name} as ${entry.dtype} without the tensors that say how it is scaled (${layout}).`,
    );
  }
  for (const [name, { shape, dtype }] of tensors) {
    if (entries.has(name)) damaged(path, `holds ${name} twice, quantised and not.`);
    const bytes = shape.reduce((size, n) => size * n, dtype === 'F32' ? 4 : 2);
    entries.set(name, { dtype, shape: [...shape], begin: 0, end: bytes }); // of the tensor itself
  }
  return entries;
}
