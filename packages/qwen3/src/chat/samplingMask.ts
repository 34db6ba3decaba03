import type { SamplingMask } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';

/** The list of one token; empty where there is none. */
export function keptAt(mask: SamplingMask | undefined, token: number): Int32Array {
  if (mask === undefined) return new Int32Array(0);
  return mask.tokenIds.subarray(mask.offsets[token], mask.offsets[token + 1]);
}

/** Lists of ids, one after the other. */
export function joinMask(lists: readonly ArrayLike<number>[]): SamplingMask {
  const offsets = new Int32Array(lists.length + 1);
  for (const [i, { length }] of lists.entries()) offsets[i + 1] = offsets[i]! + length;
  const tokenIds = new Int32Array(offsets.at(-1)!);
  for (const [i, list] of lists.entries()) tokenIds.set(Array.from(list), offsets[i]!);
  return { tokenIds, offsets };
}

/** @throws {Qwen3Error} `option` unless each list of the mask is empty or has its token. */
export function checkMask(
  name: string,
  mask: SamplingMask | undefined,
  ids: ArrayLike<number>,
): void {
  if (mask === undefined) return;
  const fail = (what: string): never => {
    throw new Qwen3Error(
      'option',
      `${name} ${what}. Give the samplingMask of the completion whose tokens these are.`,
    );
  };
  const { tokenIds, offsets } = mask ?? {};
  if (!(tokenIds instanceof Int32Array && offsets instanceof Int32Array))
    fail('must have tokenIds and offsets, both Int32Array');
  if (offsets.length !== ids.length + 1 || offsets.at(-1) !== tokenIds.length || offsets[0] !== 0)
    fail(
      `must have one list per token: ${ids.length + 1} offsets from 0 to ${tokenIds.length}, got ${offsets.length}`,
    );
  for (let t = 0; t < ids.length; t++) {
    const kept = keptAt(mask, t);
    if (kept.length > 0 && !kept.includes(ids[t]!))
      fail(`leaves out the token itself at ${t} (${ids[t]})`);
  }
}
