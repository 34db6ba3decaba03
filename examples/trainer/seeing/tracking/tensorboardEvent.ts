import { maskedCrc32c } from './crc32c.ts';

/** One event of a TensorBoard file. */
export interface TensorboardEvent {
  /** Seconds since 1970. */
  wallTime: number;
  step?: number | undefined;
  /** First event of a file. */
  fileVersion?: string | undefined;
  /** A run goes on here: readers forget what was written at this step and later. */
  sessionStart?: boolean | undefined;
  /** By tag. */
  scalars?: Readonly<Record<string, number>> | undefined;
}

/** Field numbers and wire types of tensorboard's event.proto and summary.proto. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** `SessionLog.START` */
const SESSION_START = 1;

/**
 * An event as a TFRecord.
 *
 *     length (u64)   masked crc of length (u32)   message   masked crc of message (u32)
 *     message = Event { wall_time = 1, step = 2, file_version = 3,
 *                       summary = 5 { value = 1 { tag = 1, simple_value = 2 } }, session_log = 7 { status = 1 } }
 *
 * Scalars are `simple_value`, which every version of TensorBoard's readers shows.
 */
export function tensorboardRecord(event: TensorboardEvent): Buffer {
  const message = eventMessage(event);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(message.length));
  return Buffer.concat([length, checksum(length), message, checksum(message)]);
}

function eventMessage(event: TensorboardEvent): Buffer {
  const { wallTime, step, fileVersion, scalars, sessionStart = false } = event;
  const time = Buffer.alloc(8);
  time.writeDoubleLE(wallTime);
  const values = Object.entries(scalars ?? {}).map(([tag, value]) =>
    field(1, Buffer.concat([field(1, Buffer.from(tag)), key(2, FIXED32), float(value)])),
  );
  return Buffer.concat([
    key(1, FIXED64),
    time,
    ...(step === undefined ? [] : [key(2, VARINT), varint(step)]),
    ...(fileVersion === undefined ? [] : [field(3, Buffer.from(fileVersion))]),
    ...(values.length === 0 ? [] : [field(5, Buffer.concat(values))]),
    ...(sessionStart ? [field(7, Buffer.concat([key(1, VARINT), varint(SESSION_START)]))] : []),
  ]);
}

const key = (number: number, wire: number): Buffer => Buffer.of((number << 3) | wire);

const field = (number: number, content: Buffer): Buffer =>
  Buffer.concat([key(number, BYTES), varint(content.length), content]);

/** Seven bits a byte, the least first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(maskedCrc32c(bytes));
  return sum;
}
