import { Qwen3Error } from '../base/errors.ts';
import { missingPeer } from '../base/missingPeer.ts';
import { readAt } from '../checkpoint/openBytes.ts';
import type { OpenFile } from '../platform/platform.ts';
import type { HeaderMap } from './scanHeader.ts';

/** Metadata as JavaScript values, and the tensors as the file lists them. */
export interface ParsedHeader {
  metadata: Map<string, MetadataValue>;
  tensors: { name: string; shape: number[]; type: number; offset: number }[];
}

export type MetadataValue = string | number | boolean | readonly MetadataValue[];

/**
 * Has `@huggingface/gguf` read the wanted part of a header that `scanHeader` has measured: the library copies every
 * list of a file, wanted or not, and believes what it says about itself.
 */
export async function parseHeader(
  file: OpenFile,
  path: string,
  map: HeaderMap,
): Promise<ParsedHeader> {
  const { gguf } = await loadLibrary();
  const bytes = await wantedHeader(file, map);
  // The library's own reading of local files opens the file by its path for each piece; `fetch` gives it ours.
  const piece: typeof fetch = async (_, init) => {
    const range = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '');
    return new Response(bytes.subarray(Number(range?.[1]), Number(range?.[2]) + 1));
  };
  try {
    const parsed = await gguf('http://header.invalid/', { fetch: piece });
    const metadata = new Map<string, MetadataValue>();
    for (const { key, lastText } of map.values) {
      const value = plainValue(parsed.metadata[key as keyof typeof parsed.metadata]);
      metadata.set(key, lastText ? await withLastText(file, value, lastText) : value);
    }
    const tensors = parsed.tensorInfos.map(({ name, shape, dtype, offset }) => ({
      name,
      shape: shape.map(Number).reverse(), // GGUF counts from the fastest dimension
      type: dtype as number,
      offset: Number(offset),
    }));
    return { metadata, tensors };
  } catch (cause) {
    throw new Qwen3Error('checkpoint', `openGguf: ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function loadLibrary(): Promise<typeof import('@huggingface/gguf')> {
  try {
    return await import('@huggingface/gguf');
  } catch (error) {
    throw missingPeer(error, '@huggingface/gguf', 'Reading a GGUF file');
  }
}

/** A header with the wanted values only. */
async function wantedHeader(file: OpenFile, map: HeaderMap): Promise<Uint8Array<ArrayBuffer>> {
  const ranges = [...map.values.map(({ range }) => range), map.tensors];
  const length = ranges.reduce((sum, [begin, end]) => sum + end - begin, 24);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('GGUF'));
  view.setUint32(4, map.version, true);
  view.setBigUint64(8, BigInt(map.tensorCount), true);
  view.setBigUint64(16, BigInt(map.values.length), true);
  let at = 24;
  for (const [begin, end] of ranges) {
    bytes.set(await readAt(file, begin, end - begin), at);
    at += end - begin;
  }
  return bytes;
}

/** 64-bit numbers come as BigInt. */
function plainValue(value: unknown): MetadataValue {
  if (typeof value === 'bigint') return Number(value);
  return value as MetadataValue; // texts, numbers, booleans and lists of them: scanHeader has seen the types
}

/** The library cuts the last text of a value where a piece of two megabytes ends in it. */
async function withLastText(
  file: OpenFile,
  value: MetadataValue,
  [begin, end]: readonly [number, number],
): Promise<MetadataValue> {
  const text = new TextDecoder().decode(await readAt(file, begin, end - begin));
  return Array.isArray(value) ? [...value.slice(0, -1), text] : text;
}
