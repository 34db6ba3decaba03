import { bigInts, bytesOf, DTYPE, readFloats, readInts, readNumbers } from './tensors.ts';
import {
  allBytes,
  bytesField,
  concat,
  doubleField,
  entries,
  entryField,
  lastBytes,
  lastNumber,
  lastText,
  numberField,
  readFields,
  textField,
  varint,
  WireError,
} from './wire.ts';

/** A sequence and what its loss reads; every input has one number a token. */
export interface Datum {
  tokens: Int32Array;
  lossInputs: Record<string, ArrayLike<number>>;
}

/** `ForwardBackwardRequest`. */
export interface ForwardBackwardRequest {
  modelId: string;
  seqId: number;
  data: readonly Datum[];
  lossFn: string;
  lossConfig: Record<string, number>;
  /** No gradient is wanted. */
  forwardOnly: boolean;
}

/** `ForwardBackwardOutput`: of each datum what the loss says of each of its tokens. */
export interface ForwardBackwardOutput {
  outputs: readonly Record<string, Float32Array>[];
  metrics: Record<string, number>;
}

const EMPTY = new Uint8Array();

export function encodeForwardBackward(request: ForwardBackwardRequest): Uint8Array {
  const { modelId, seqId, data, lossFn, lossConfig, forwardOnly } = request;
  return concat([
    ...[textField(1, modelId), numberField(2, seqId)],
    ...data.map((datum) => bytesField(3, encodeDatum(datum))),
    textField(4, lossFn),
    ...Object.entries(lossConfig).map(([key, value]) => entryField(5, key, doubleField(2, value))),
    ...(forwardOnly ? [numberField(6, 1)] : []),
  ]);
}

function encodeDatum({ tokens, lossInputs }: Datum): Uint8Array {
  const chunk = bytesField(1, bytesField(1, bytesOf(tokens)));
  return concat([
    bytesField(1, chunk),
    ...Object.entries(lossInputs).map(([name, values]) =>
      entryField(2, name, bytesField(2, encodeTensor(name, values))),
    ),
  ]);
}

function encodeTensor(name: string, values: ArrayLike<number>): Uint8Array {
  const isIds = name === 'target_tokens';
  return concat([
    bytesField(1, isIds ? bigInts(values) : bytesOf(Float32Array.from(values))),
    numberField(3, isIds ? DTYPE.int64 : DTYPE.float32),
    bytesField(4, varint(values.length)),
  ]);
}

/** @throws {WireError} for bytes that are no such message, and for what this engine has no use for: images, sparse tensors. */
export function decodeForwardBackward(bytes: Uint8Array): ForwardBackwardRequest {
  const fields = readFields(bytes);
  const numbers = entries(fields, 5).map(({ key, entry }) => [key, lastNumber(entry, 2)] as const);
  return {
    ...{ modelId: lastText(fields, 1), seqId: lastNumber(fields, 2) },
    data: allBytes(fields, 3).map(decodeDatum),
    ...{ lossFn: lastText(fields, 4), lossConfig: Object.fromEntries(numbers) },
    forwardOnly: lastNumber(fields, 6) === 1,
  };
}

function decodeDatum(bytes: Uint8Array): Datum {
  const fields = readFields(bytes);
  const chunks = allBytes(fields, 1).map((chunk) => {
    const text = lastBytes(readFields(chunk), 1);
    if (text === undefined)
      throw new WireError('A chunk is no text: this engine reads tokens only.');
    return readInts(lastBytes(readFields(text), 1) ?? EMPTY);
  });
  return {
    tokens: Int32Array.from(chunks.flatMap((ids) => [...ids])),
    lossInputs: Object.fromEntries(
      entries(fields, 2)
        .sort((a, b) => (a.key < b.key ? -1 : 1)) // a map has no order, and the same request must look the same
        .map(({ key, entry }) => [key, decodeTensor(key, lastBytes(entry, 2) ?? EMPTY)]),
    ),
  };
}

function decodeTensor(name: string, bytes: Uint8Array): ArrayLike<number> {
  const fields = readFields(bytes);
  if (lastBytes(fields, 2)) throw new WireError(`${name} is sparse: send it dense.`);
  return readNumbers(lastBytes(fields, 1) ?? EMPTY, lastNumber(fields, 3));
}

/** One record of all data, each field with `[0, bytes of the first, …]` as offsets. */
export function encodeForwardBackwardOutput({
  outputs,
  metrics,
}: ForwardBackwardOutput): Uint8Array {
  const names = Object.keys(outputs[0] ?? {});
  const record = concat([
    ...names.map((name) => {
      const own = outputs.map((output) => output[name] ?? new Float32Array());
      let end = 0;
      const offsets = [0, ...own.map(({ byteLength }) => (end += byteLength))];
      const tensor = [
        bytesField(1, concat(own.map(bytesOf))),
        ...[bytesField(2, bigInts(offsets)), numberField(3, DTYPE.float32)],
      ];
      return entryField(2, name, bytesField(2, concat(tensor)));
    }),
    numberField(3, outputs.length),
  ]);
  return concat([
    ...[textField(1, 'scalar'), bytesField(2, record)],
    ...Object.entries(metrics).map(([key, value]) => entryField(3, key, doubleField(2, value))),
  ]);
}

/** Any number of records, as the message allows. */
export function decodeForwardBackwardOutput(bytes: Uint8Array): ForwardBackwardOutput {
  const fields = readFields(bytes);
  const metrics = entries(fields, 3).map(({ key, entry }) => [key, lastNumber(entry, 2)] as const);
  return {
    outputs: allBytes(fields, 2).flatMap(decodeRecord),
    metrics: Object.fromEntries(metrics),
  };
}

function decodeRecord(bytes: Uint8Array): Record<string, Float32Array>[] {
  const fields = readFields(bytes);
  const rows = Array.from(
    { length: lastNumber(fields, 3) },
    (): Record<string, Float32Array> => ({}),
  );
  for (const { key, entry } of entries(fields, 2)) {
    const tensor = readFields(lastBytes(entry, 2) ?? EMPTY);
    const data = lastBytes(tensor, 1) ?? EMPTY;
    const offsets = readNumbers(lastBytes(tensor, 2) ?? EMPTY, DTYPE.int64);
    if (lastNumber(tensor, 3) !== DTYPE.float32) continue; // nothing that is read here is of another type
    for (const [i, row] of rows.entries())
      row[key] = readFloats(data.subarray(offsets[i], offsets[i + 1] ?? data.length));
  }
  return rows;
}
