import { open } from '#platform';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { fileError } from '../checkpoint/fileError.ts';
import { filePath } from '../checkpoint/filePath.ts';
import { readAt } from '../checkpoint/openBytes.ts';
import type { OpenFile } from '../platform/platform.ts';
import { dequantize } from './dequantize.ts';
import { type GgmlType, ggmlType } from './ggmlTypes.ts';
import { type MetadataValue, type ParsedHeader, parseHeader } from './parseHeader.ts';
import { type Announced, scanHeader } from './scanHeader.ts';

/** A tensor of a GGUF file. */
export interface GgufEntry {
  /** As PyTorch has it: `[out, in]` for a linear layer. */
  shape: readonly number[];
  type: GgmlType;
  /** First byte in the file. */
  offset: number;
  bytes: number;
}

/** A GGUF file whose header was read and checked; tensors are read one at a time. */
export interface GgufFile {
  readonly path: string;
  /** All single values, and the lists of the tokenizer. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly entries: ReadonlyMap<string, GgufEntry>;
  /**
   * A tensor as f32, the same bits as gguf-py's `dequantize`.
   *
   * @throws {Qwen3Error} `option` for a name that is not in the file and after `close`.
   */
  read(name: string): Promise<Float32Array>;
  /** A tensor as it is stored. @throws {Qwen3Error} as `read`. */
  bytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** The lists that are read. Others (scores, a sentencepiece map) stay where they are. */
const LISTS: Record<string, readonly number[]> = {
  'tokenizer.ggml.tokens': [8],
  'tokenizer.ggml.merges': [8],
  'tokenizer.ggml.token_type': [4, 5],
};

/** Alignment of tensors where the file names none. */
const DEFAULT_ALIGNMENT = 32;

/**
 * Opens a GGUF file. Nothing but the header is held in memory. Counts, lengths, types and places of tensors are compared
 * with the file before anything of their size is allocated.
 *
 * @param path - text or a `file:` URL.
 * @throws {Qwen3Error} `io` if the file cannot be opened, `checkpoint` for a damaged header, `unsupported` for GGUF of
 * version 1, big-endian files, one part of several and types that cannot be read, `missing-peer` without
 * `@huggingface/gguf`.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function openGguf(path: string | URL): Promise<GgufFile> {
  const source = filePath('openGguf', path);
  let file: OpenFile | undefined;
  try {
    file = await open(source, 'r');
    const { size } = await file.stat();
    const map = await scanHeader(file, source, isWanted);
    const header = await parseHeader(file, source, map);
    const entries = tensorEntries(header, source, { headerEnd: map.tensors[1], fileSize: size });
    return openedFile(file, { path: source, metadata: header.metadata, entries });
  } catch (cause) {
    await file?.close();
    throw fileError('openGguf', source, cause);
  }
}

function isWanted({ key, type, isList }: Announced): boolean {
  return isList ? (LISTS[key]?.includes(type) ?? false) : key.includes('.');
}

function tensorEntries(
  { metadata, tensors }: ParsedHeader,
  path: string,
  { headerEnd, fileSize }: { headerEnd: number; fileSize: number },
): Map<string, GgufEntry> {
  const fail = (what: string, code: 'checkpoint' | 'unsupported' = 'checkpoint'): never => {
    throw new Qwen3Error(code, `openGguf: ${path} ${what}`);
  };
  const parts = metadata.get('split.count') ?? 1;
  if (parts !== 0 && parts !== 1) {
    fail(
      `is one of ${showValue(parts)} parts. Join them first: llama-gguf-split --merge first.gguf whole.gguf.`,
      'unsupported',
    );
  }
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPower = Number.isSafeInteger(alignment) && Math.log2(alignment as number) % 1 === 0;
  if (!isPower || (alignment as number) > 2 ** 20) {
    fail(
      `has general.alignment = ${showValue(alignment)}, a power of two was expected. It is damaged.`,
    );
  }
  const step = alignment as number;
  const dataStart = Math.ceil(headerEnd / step) * step;
  const entries = new Map<string, GgufEntry>();
  for (const { name, shape, type: number, offset } of tensors) {
    if (entries.has(name)) fail(`holds ${showValue(name)} twice: it is damaged.`);
    const type = ggmlType('openGguf', name, number);
    const values = shape.reduce((product, n) => product * n, 1);
    const bytes = (values / type.blockSize) * type.blockBytes;
    if (shape.at(-1)! % type.blockSize !== 0) {
      fail(
        `holds ${showValue(name)} as ${type.name} with rows of ${shape.at(-1)}, no multiple of ${type.blockSize}. It is damaged.`,
      );
    }
    if (offset % step !== 0 || !(dataStart + offset + bytes <= fileSize)) {
      fail(
        `places ${showValue(name)} ${showValue(shape)} at byte ${dataStart + offset}, where ${bytes} bytes of ${fileSize} are not. It is cut or damaged: download it again.`,
      );
    }
    entries.set(name, { shape, type, offset: dataStart + offset, bytes });
  }
  checkOverlaps(entries, fail);
  return entries;
}

function checkOverlaps(entries: Map<string, GgufEntry>, fail: (what: string) => never): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.offset - b.offset);
  for (const [i, [name, entry]] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before && before[1].offset + before[1].bytes > entry.offset) {
      fail(`places ${showValue(name)} inside ${showValue(before[0])}: it is damaged.`);
    }
  }
}

function openedFile(
  file: OpenFile,
  { path, metadata, entries }: Pick<GgufFile, 'path' | 'metadata' | 'entries'>,
): GgufFile {
  let isOpen = true;
  const refuse = (what: string): never => {
    throw new Qwen3Error('option', `GgufFile.read: ${path} ${what}`);
  };
  const find = (name: string): GgufEntry => {
    if (!isOpen) refuse('was closed. Read before close().');
    const entry = entries.get(name);
    if (entry) return entry;
    return refuse(`has no tensor ${showValue(name)}. It holds ${showValue([...entries.keys()])}.`);
  };
  const bytesOf = async (entry: GgufEntry): Promise<Uint8Array<ArrayBuffer>> => {
    try {
      return await readAt(file, entry.offset, entry.bytes);
    } catch (cause) {
      throw fileError('GgufFile.read', path, cause);
    }
  };
  return {
    ...{ path, metadata, entries },
    bytes: async (name) => bytesOf(find(name)),
    async read(name) {
      const entry = find(name); // before the wait: the file may be closed meanwhile
      return dequantize(await bytesOf(entry), entry.type);
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await file.close(); // after the reads that have begun
    },
  };
}
