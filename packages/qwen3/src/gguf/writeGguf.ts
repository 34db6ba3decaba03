import { narrow } from '@molrl/tensor-gpu';
import { writeFileAtomically } from '../checkpoint/writeFileAtomically.ts';
import type { GgmlType, ggmlTypeOf } from './ggmlTypes.ts';

/** A value of the metadata, with the type it has in the file. */
export type GgufValue =
  | { type: 'uint32'; value: number }
  | { type: 'float32'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'text'; value: string }
  | { type: 'texts'; value: readonly string[] }
  | { type: 'int32s'; value: readonly number[] };

/** A tensor that is to be written, PyTorch's shape. */
export interface WrittenTensor {
  name: string;
  shape: readonly number[];
  type: ReturnType<typeof ggmlTypeOf>;
  read(): Promise<Float32Array>;
}

const VERSION = 3;
const ALIGNMENT = 32;

/**
 * Writes a GGUF file, whole or not at all; tensors are read and converted one at a time.
 *
 * @throws {Qwen3Error} `io` if the file system refuses; what a tensor's `read` throws.
 */
export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly WrittenTensor[],
): Promise<void> {
  return writeFileAtomically(path, chunks(metadata, tensors));
}

async function* chunks(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly WrittenTensor[],
): AsyncGenerator<Uint8Array> {
  const page = new HeaderBytes();
  page.raw(new TextEncoder().encode('GGUF')).uint32(VERSION);
  page.uint64(tensors.length).uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) page.text(key).value(value);
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    page.text(name).uint32(shape.length);
    for (const size of [...shape].reverse()) page.uint64(size); // from the fastest dimension on
    page.uint32(type.number).uint64(offset);
    offset = padded(offset + bytesOf(shape, type));
  }
  const header = page.bytes();
  yield header;
  yield new Uint8Array(padded(header.length) - header.length);
  for (const { shape, type, read } of tensors) {
    yield narrow(await read(), type.dtype);
    const bytes = bytesOf(shape, type);
    yield new Uint8Array(padded(bytes) - bytes);
  }
}

const padded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

const bytesOf = (shape: readonly number[], { blockSize, blockBytes }: GgmlType): number =>
  (shape.reduce((product, n) => product * n, 1) / blockSize) * blockBytes;

/** Bytes that are written one value after the other; each method gives the page back. */
class HeaderBytes {
  #parts: Uint8Array[] = [];

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  #number(size: number, write: (view: DataView) => void): this {
    const view = new DataView(new ArrayBuffer(size));
    write(view);
    return this.raw(new Uint8Array(view.buffer));
  }

  uint32(value: number): this {
    return this.#number(4, (view) => view.setUint32(0, value, true));
  }

  uint64(value: number): this {
    return this.#number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.uint64(bytes.length).raw(bytes);
  }

  /** The number of the type, and the value. */
  value(entry: GgufValue): this {
    if (entry.type === 'uint32') return this.uint32(4).uint32(entry.value);
    if (entry.type === 'float32') {
      return this.uint32(6).#number(4, (view) => view.setFloat32(0, entry.value, true));
    }
    if (entry.type === 'bool') return this.uint32(7).raw(Uint8Array.of(entry.value ? 1 : 0));
    if (entry.type === 'text') return this.uint32(8).text(entry.value);
    if (entry.type === 'int32s') {
      this.uint32(9).uint32(5).uint64(entry.value.length);
      return this.raw(new Uint8Array(Int32Array.from(entry.value).buffer));
    }
    this.uint32(9).uint32(8).uint64(entry.value.length);
    for (const item of entry.value) this.text(item);
    return this;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
