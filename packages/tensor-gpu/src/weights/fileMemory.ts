import { readSync } from 'node:fs';
import { platform } from 'node:process';
import { TensorGpuError } from '../base/errors.ts';
import { type Koffi, loadKoffi } from './koffi.ts';
import type { WeightMemory } from './mappedTensor.ts';
import { memoryOf } from './memoryOf.ts';

/** A part of an open file. */
interface FilePart {
  path: string;
  offset: number;
  length: number;
}

/** A multiple of every page size: 4 KiB on x86, 16 on Apple's processors, up to 64 on other arm64. */
const PAGE = 65536;
const PROT_READ = 1;
const MAP_SHARED = 1;
/** What mmap returns when it fails: -1. */
const FAILED = 0xffff_ffff_ffff_ffffn;
/** One read call stops at 2 GiB. */
const PIECE = 2 ** 30;

interface MappingFunctions {
  koffi: Koffi;
  map: (...args: unknown[]) => unknown;
  unmap: (...args: unknown[]) => unknown;
}

let functions: MappingFunctions | 'none' | undefined;

/** The file's bytes: mapped where the system can, else read. The descriptor may be closed afterwards. */
export function fileMemory(fd: number, part: FilePart): WeightMemory {
  functions ??= mappingFunctions();
  return functions === 'none' ? memoryOf(readPart(fd, part)) : mapPart(functions, fd, part);
}

/** mmap and munmap of the C library that Node itself runs on; none on Windows and without koffi. */
function mappingFunctions(): MappingFunctions | 'none' {
  if (platform === 'win32') return 'none';
  try {
    const { koffi } = loadKoffi();
    const libc = koffi.load(null);
    return {
      koffi,
      map: libc.func('uint64_t mmap(uint64_t, size_t, int, int, int, int64_t)'),
      unmap: libc.func('int munmap(uint64_t, size_t)'),
    };
  } catch {
    return 'none';
  }
}

function mapPart(
  { koffi, map, unmap }: MappingFunctions,
  fd: number,
  { path, offset, length }: FilePart,
): WeightMemory {
  const before = offset % PAGE;
  const start = map(0, before + length, PROT_READ, MAP_SHARED, fd, offset - before);
  if (BigInt(start as number | bigint) === FAILED)
    // what koffi makes of uint64_t
    throw new TensorGpuError(
      'file',
      `mapTensor: the system refused to map ${length} bytes of ${path} (errno ${koffi.errno()}). Is the address space limited (ulimit -v)?`,
    );
  const address = Number(start) + before;
  return {
    address: () => address,
    bytes: () => new Uint8Array(koffi.view(BigInt(address), length)),
    release: () => {
      unmap(start, before + length);
    },
  };
}

function readPart(fd: number, { path, offset, length }: FilePart): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = readSync(fd, bytes, done, Math.min(PIECE, length - done), offset + done);
    if (read === 0)
      throw new TensorGpuError('file', `mapTensor: ${path} ended at byte ${offset + done}.`);
    done += read;
  }
  return bytes;
}
