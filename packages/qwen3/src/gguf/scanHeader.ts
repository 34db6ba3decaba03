import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { foreignFormat } from '../checkpoint/foreignFormat.ts';
import { readAt } from '../checkpoint/openBytes.ts';
import type { OpenFile } from '../platform/platform.ts';
import { type FileWindow, fileWindow } from './fileWindow.ts';

/** First byte and one past the last. */
type Range = [begin: number, end: number];

/** Where things lie in the header of a GGUF file, every length of which was compared with the file. */
export interface HeaderMap {
  version: number;
  /** Keys with type and value, of those that were wanted. */
  values: { key: string; range: Range; lastText: Range | undefined }[];
  tensorCount: number;
  tensors: Range;
}

/** Bytes of a value of each type; texts (8) and lists (9) say their length. */
const SIZES: Record<number, number> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const TEXT = 8;
const LIST = 9;

/** The format's own limit for keys, and many times what real files need. */
const MAX_KEY = 2 ** 16;
const MAX_VALUES = 2 ** 14;
const MAX_TENSORS = 2 ** 16;
const MAX_TEXTS = 1_000_000;
/** Smallest key with a value, and smallest tensor, in bytes. */
const LEAST_VALUE = 13;
const LEAST_TENSOR = 32;

/** A value as the header announces it. */
export interface Announced {
  key: string;
  /** Number of its type; of a list's items, where it is one. */
  type: number;
  isList: boolean;
}

/**
 * Walks through the header of a GGUF file without building any value: counts and lengths that the file cannot hold
 * are found before anything of their size is allocated. Texts are stepped over, not read.
 *
 * @param isWanted - decides what `values` names.
 * @throws {Qwen3Error} `checkpoint` for a damaged header, `unsupported` for version 1 and big-endian files.
 */
export async function scanHeader(
  file: OpenFile,
  path: string,
  isWanted: (value: Announced) => boolean,
): Promise<HeaderMap> {
  const { size } = await file.stat();
  const fail: Fail = (what, code = 'checkpoint') => {
    throw new Qwen3Error(code, `openGguf: ${path} ${what}`);
  };
  const window = fileWindow(file, size, (end) =>
    fail(`has ${size} bytes, its header asks for ${end}. It is cut or damaged: download it again.`),
  );
  if (size < 4 || (await window.uint32()) !== MAGIC) {
    const foreign = foreignFormat(await readAt(file, 0, Math.min(32, size)));
    fail(foreign ? `is ${foreign}` : 'does not begin with GGUF: it is no GGUF file, or damaged.');
  }
  const version = await readVersion(window, fail);
  const tensorCount = await window.uint64();
  const valueCount = await window.uint64();
  checkCount(tensorCount, { what: 'tensors', most: MAX_TENSORS, fits: size / LEAST_TENSOR }, fail);
  checkCount(
    valueCount,
    { what: 'metadata values', most: MAX_VALUES, fits: size / LEAST_VALUE },
    fail,
  );
  const values: HeaderMap['values'] = [];
  const keys = new Set<string>();
  for (let i = 0; i < valueCount; i++) {
    const begin = window.position;
    const key = await readKey(window, fail);
    const announced = { key, ...(await readType(window, key, fail)) };
    const lastText = await walkValue(window, announced, fail);
    if (!isWanted(announced)) continue;
    if (keys.has(key)) fail(`has ${showValue(key)} twice: it is damaged.`);
    keys.add(key);
    values.push({ key, range: [begin, window.position], lastText });
  }
  const begin = window.position;
  for (let i = 0; i < tensorCount; i++) {
    await readKey(window, fail);
    const dimensions = await window.uint32();
    if (dimensions < 1 || dimensions > 4) {
      fail(`has a tensor of ${dimensions} dimensions, GGUF knows 1 to 4. It is damaged.`);
    }
    window.skip(8 * dimensions + 12);
  }
  return { version, values, tensorCount, tensors: [begin, window.position] };
}

type Fail = (what: string, code?: 'checkpoint' | 'unsupported') => never;

/** "GGUF" as a little-endian number. */
const MAGIC = 0x46554747;

async function readVersion(window: FileWindow, fail: Fail): Promise<number> {
  const version = await window.uint32();
  if (version === 2 || version === 3) return version;
  if ((version & 0xffff) === 0 && version !== 0) {
    fail(
      'is a big-endian GGUF file, which is not supported. Take the little-endian one.',
      'unsupported',
    );
  }
  const advice =
    version === 1
      ? 'Convert the model again with a current llama.cpp.'
      : 'It is damaged, or newer than this version.';
  return fail(
    `is GGUF of version ${version}, this version reads 2 and 3. ${advice}`,
    'unsupported',
  );
}

function checkCount(
  count: number,
  { what, most, fits }: { what: string; most: number; fits: number },
  fail: Fail,
): void {
  if (count <= most && count <= fits) return;
  fail(
    `announces ${count} ${what}, its size allows ${Math.floor(Math.min(most, fits))} at most. It is damaged.`,
  );
}

async function readKey(window: FileWindow, fail: Fail): Promise<string> {
  const length = await window.uint64();
  if (length > MAX_KEY)
    fail(`has a name of ${length} bytes, GGUF allows ${MAX_KEY}. It is damaged.`);
  return new TextDecoder().decode(await window.bytes(length));
}

async function readType(
  window: FileWindow,
  key: string,
  fail: Fail,
): Promise<Omit<Announced, 'key'>> {
  const first = await window.uint32();
  const isList = first === LIST;
  const type = isList ? await window.uint32() : first;
  if (isList && type === LIST) fail(`has lists of lists in ${showValue(key)}: it is damaged.`);
  if (type === TEXT || SIZES[type] !== undefined) return { type, isList };
  return fail(
    `says that ${showValue(key)} has the type ${type}, which is none of GGUF. It is damaged.`,
  );
}

/** Steps over a value. @returns where its last text lies. */
async function walkValue(
  window: FileWindow,
  { key, type, isList }: Announced,
  fail: Fail,
): Promise<Range | undefined> {
  const length = isList ? await window.uint64() : 1;
  const size = SIZES[type];
  if (size !== undefined) {
    window.skip(size * length);
    return undefined;
  }
  if (length > MAX_TEXTS) {
    fail(
      `announces ${length} texts in ${showValue(key)}, at most ${MAX_TEXTS} are read. It is damaged.`,
    );
  }
  return length === 0 ? undefined : window.skipTexts(length);
}
