import { bytesOf, readFloats, readInts } from './tensors.ts';
import {
  allBytes,
  bytesField,
  concat,
  lastBytes,
  lastNumber,
  numberField,
  readFields,
} from './wire.ts';

/** `SampledSequence`. */
export interface SampledSequence {
  stopReason: 'stop' | 'length';
  tokens: Int32Array;
  logprobs: Float32Array;
}

/** `SampleResponse`. */
export interface SampleResponse {
  sequences: readonly SampledSequence[];
  /** NaN where nothing predicts a token; absent where they were not asked for. */
  promptLogprobs?: Float32Array | undefined;
}

const REASONS = ['stop', 'length'] as const;

export const encodeSample = ({ sequences, promptLogprobs }: SampleResponse): Uint8Array =>
  concat([
    ...sequences.map(({ stopReason, tokens, logprobs }) =>
      bytesField(
        1,
        concat([
          ...(stopReason === 'length' ? [numberField(1, 1)] : []), // 0 is left out
          ...[bytesField(2, bytesOf(tokens)), bytesField(3, bytesOf(logprobs))],
        ]),
      ),
    ),
    ...(promptLogprobs ? [bytesField(2, bytesOf(promptLogprobs))] : []),
  ]);

export function decodeSample(bytes: Uint8Array): SampleResponse {
  const fields = readFields(bytes);
  const prompt = lastBytes(fields, 2);
  return {
    sequences: allBytes(fields, 1).map((own) => {
      const sequence = readFields(own);
      const floats = lastBytes(sequence, 3);
      return {
        stopReason: REASONS[lastNumber(sequence, 1)] ?? 'stop',
        tokens: readInts(lastBytes(sequence, 2) ?? new Uint8Array()),
        logprobs: floats ? readFloats(floats) : new Float32Array(),
      };
    }),
    ...(prompt && { promptLogprobs: readFloats(prompt) }),
  };
}
