import type { PythonBytes } from './pythonBytes.ts';
import type { PythonCalls } from './pythonCalls.ts';
import {
  ERRNO,
  type FileStatus,
  type OpenFile,
  type PythonFiles,
  type PythonStream,
} from './pythonFiles.ts';

/** Sizes and offsets in `struct stat` of this C library. */
const STATUS = { bytes: 96, mode: 4, links: 8, size: 24, blockSize: 32 } as const;
const WRITABLE = 2; // W_OK
const DUPLICATE = 0; // F_DUPFD
const READY = 0b101; // POLLIN | POLLOUT

/** System calls on files, on {@link PythonFiles} alone. `env` answers failures as negative numbers, `wasi` as positive ones. */
export function pythonFileCalls(
  memory: PythonBytes,
  files: PythonFiles,
  write: (stream: PythonStream, bytes: Uint8Array) => void,
): { env: PythonCalls; wasi: PythonCalls } {
  return { env: nameCalls(memory, files), wasi: dataCalls(memory, files, write) };
}

/** What exists, and what descriptors stand for. */
function nameCalls(memory: PythonBytes, files: PythonFiles): PythonCalls {
  const status = (path: number, at: number): number =>
    putStatus(memory, at, files.status(memory.text(path)));
  return {
    __syscall_openat: (_directory: number, path: number, flags: number) =>
      files.open(memory.text(path), flags),
    __syscall_stat64: status,
    __syscall_lstat64: status,
    __syscall_newfstatat: (_directory: number, path: number, at: number) => status(path, at),
    __syscall_fstat64: (descriptor: number, at: number) => {
      const file = files.file(descriptor);
      if (!file) return -ERRNO.badDescriptor;
      return putStatus(memory, at, {
        mode: file.mode,
        size: file.seekable ? file.bytes.length : 0,
      });
    },
    __syscall_faccessat: (_directory: number, path: number, wanted: number) => {
      const found = files.status(memory.text(path));
      if (typeof found === 'number') return found;
      return (wanted & WRITABLE) === 0 ? 0 : -ERRNO.readOnly;
    },
    __syscall_readlinkat: (_directory: number, path: number) => {
      const found = files.status(memory.text(path));
      return typeof found === 'number' ? found : -ERRNO.invalid; // there are no links
    },
    __syscall_getcwd: (at: number, size: number) => {
      if (size < 2) return -ERRNO.invalid;
      memory.at(at, 2).set([0x2f, 0]); // "/"
      return 2;
    },
    __syscall_dup: (descriptor: number) => files.duplicate(descriptor),
    __syscall_dup3: (descriptor: number, to: number) => files.duplicate(descriptor, to),
    __syscall_fcntl64: (descriptor: number, command: number) => {
      if (command === DUPLICATE) return files.duplicate(descriptor);
      return files.file(descriptor) ? 0 : -ERRNO.badDescriptor;
    },
    __syscall_ioctl: () => -ERRNO.notTerminal,
    // nothing here makes a program wait, but no descriptors at all are a way to sleep
    __syscall_poll: (at: number, count: number, timeout: number) => {
      const end = performance.now() + (count === 0 ? timeout : 0);
      while (performance.now() < end);
      for (let i = 0; i < count; i++) memory.setI16(at + 8 * i + 6, READY);
      return count;
    },
  };
}

/** Reads, writes and positions. */
function dataCalls(
  memory: PythonBytes,
  files: PythonFiles,
  write: (stream: PythonStream, bytes: Uint8Array) => void,
): PythonCalls {
  return {
    // biome-ignore lint/complexity/useMaxParams: WASI's signature
    fd_read: (descriptor: number, vectors: number, count: number, sumAt: number) => {
      const file = files.file(descriptor);
      if (!file) return ERRNO.badDescriptor;
      file.position += read(memory, { vectors, count, sumAt }, file);
      return 0;
    },
    // biome-ignore lint/complexity/useMaxParams: WASI's signature
    fd_pread: (fd: number, vectors: number, count: number, from: bigint, sumAt: number) => {
      const file = files.file(fd);
      if (!file?.seekable) return file ? ERRNO.notSeekable : ERRNO.badDescriptor;
      read(memory, { vectors, count, sumAt }, { bytes: file.bytes, position: Number(from) });
      return 0;
    },
    // biome-ignore lint/complexity/useMaxParams: WASI's signature
    fd_write: (descriptor: number, vectors: number, count: number, sumAt: number) => {
      const stream = files.file(descriptor)?.stream;
      if (stream === undefined) return ERRNO.badDescriptor;
      transfer(memory, { vectors, count, sumAt }, (buffer) => {
        if (stream !== null) write(stream, buffer);
        return buffer.length;
      });
      return 0;
    },
    // biome-ignore lint/complexity/useMaxParams: WASI's signature
    fd_seek: (descriptor: number, offset: bigint, whence: number, at: number) => {
      const file = files.file(descriptor);
      if (!file?.seekable) return file ? ERRNO.notSeekable : ERRNO.badDescriptor;
      const base = [0, file.position, file.bytes.length][whence] ?? Number.NaN;
      const position = base + Number(offset);
      if (!(position >= 0)) return ERRNO.invalid;
      file.position = position;
      memory.setI64(at, BigInt(position));
      return 0;
    },
    fd_close: (descriptor: number) => (files.close(descriptor) ? 0 : ERRNO.badDescriptor),
    fd_sync: () => 0,
    fd_fdstat_get: (descriptor: number, at: number) => {
      if (!files.file(descriptor)) return ERRNO.badDescriptor;
      memory.at(at, 24).fill(0);
      return 0;
    },
  };
}

function putStatus(memory: PythonBytes, at: number, status: FileStatus | number): number {
  if (typeof status === 'number') return status;
  memory.at(at, STATUS.bytes).fill(0);
  memory.setI32(at + STATUS.mode, status.mode);
  memory.setI32(at + STATUS.links, 1);
  memory.setI64(at + STATUS.size, BigInt(status.size));
  memory.setI32(at + STATUS.blockSize, 4096);
  return 0;
}

/** An array of `iovec`, and where the number of bytes that were moved goes. */
interface Vectors {
  vectors: number;
  count: number;
  sumAt: number;
}

/** Calls `each` on the buffers until one is not filled. */
function transfer(
  memory: PythonBytes,
  { vectors, count, sumAt }: Vectors,
  each: (buffer: Uint8Array) => number,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const buffer = memory.at(memory.u32(vectors + 8 * i), memory.u32(vectors + 8 * i + 4));
    const done = each(buffer);
    sum += done;
    if (done < buffer.length) break;
  }
  memory.setI32(sumAt, sum);
  return sum;
}

function read(
  memory: PythonBytes,
  into: Vectors,
  { bytes, position: from }: Pick<OpenFile, 'bytes' | 'position'>,
): number {
  let position = from;
  return transfer(memory, into, (buffer) => {
    const part = bytes.subarray(position, position + buffer.length);
    buffer.set(part);
    position += part.length;
    return part.length;
  });
}
