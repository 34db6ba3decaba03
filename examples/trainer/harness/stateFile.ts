import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { bytesOfState, MAGIC, type SavedState, stateOfBytes } from './stateBytes.ts';

const DIGEST_BYTES = 32;

/**
 * The bytes of a state as a file has them.
 *
 *     file = bytesOfState, SHA-256 of all before
 */
export function encodeState(state: SavedState): Buffer {
  const body = bytesOfState(state);
  const hash = createHash('sha256');
  for (const part of body) hash.update(part);
  return Buffer.concat([...body, hash.digest()]);
}

/** Reads a state back. @returns Undefined if the file's checksum does not match its content. */
export async function readState(file: string): Promise<SavedState | undefined> {
  const content = await readFile(file);
  const end = content.length - DIGEST_BYTES;
  const digest = createHash('sha256')
    .update(content.subarray(0, Math.max(0, end)))
    .digest();
  const whole =
    end >= 12 && content.toString('latin1', 0, 8) === MAGIC && digest.equals(content.subarray(end));
  return whole ? stateOfBytes(content) : undefined;
}
