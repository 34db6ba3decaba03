import { WireError } from './wire.ts';

/** Tensors on the wire are little-endian, as every machine that this runs on. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** `DType` of the messages. */
export const DTYPE = { float32: 1, int64: 2, int32: 3, bfloat16: 4 } as const;
const SIZE: Record<number, number> = { 1: 4, 2: 8, 3: 4, 4: 2 };

/** Copies, because a view of other elements needs its bytes aligned. */
const copyOf = (bytes: Uint8Array): ArrayBuffer => {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
};

/** Numbers of any of the four types. @throws {WireError} for another one, or bytes that are no whole number of elements. */
export function readNumbers(bytes: Uint8Array, dtype: number): ArrayLike<number> {
  const size = SIZE[dtype];
  if (size === undefined) throw new WireError(`A tensor has dtype ${dtype}, known are 1 to 4.`);
  if (bytes.length % size !== 0)
    throw new WireError(`A tensor of ${size}-byte elements has ${bytes.length} bytes.`);
  const buffer = copyOf(bytes);
  if (dtype === DTYPE.float32) return new Float32Array(buffer);
  if (dtype === DTYPE.int32) return new Int32Array(buffer);
  if (dtype === DTYPE.int64) return Array.from(new BigInt64Array(buffer), Number);
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half << 16).buffer);
}

export const readFloats = (bytes: Uint8Array): Float32Array =>
  Float32Array.from(readNumbers(bytes, DTYPE.float32));

export const readInts = (bytes: Uint8Array): Int32Array =>
  Int32Array.from(readNumbers(bytes, DTYPE.int32));

export const bigInts = (values: ArrayLike<number>): Uint8Array =>
  bytesOf(BigInt64Array.from(Array.from(values), BigInt));
