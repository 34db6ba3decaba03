/** Error numbers of CPython on WebAssembly: those of WASI. */
export const ERRNO = {
  badDescriptor: 8,
  invalid: 28,
  noEntry: 44,
  tooMany: 33,
  notTerminal: 59,
  notPermitted: 63,
  readOnly: 69,
  notSeekable: 70,
} as const;

/** `st_mode` values. */
const DIRECTORY = 0o040555;
const REGULAR = 0o100444;
const PIPE = 0o010666;

const MAX_OPEN = 256;
const DIRECTORIES = ['/', '/dev', '/home', '/lib', '/tmp'];
/** `O_WRONLY | O_RDWR | O_CREAT | O_TRUNC` */
const WRITES = 0o1103;

export type PythonStream = 'stdout' | 'stderr';

/** An open file, shared by the descriptors that were duplicated from one another. */
export interface OpenFile {
  mode: number;
  seekable: boolean;
  /** What can be read. */
  bytes: Uint8Array;
  position: number;
  /** Where writes go; `null` drops them. */
  stream: PythonStream | null;
}

export interface FileStatus {
  mode: number;
  size: number;
}

/** A failure as the C library wants it: negative. */
export type Errno = number;

/** What a program sees as files. */
export interface PythonFiles {
  /** Closes everything but stdin, stdout and stderr; `stdin` is read from its start. */
  reset(stdin: string): void;
  /** A new descriptor. */
  open(path: string, flags: number): number | Errno;
  status(path: string): FileStatus | Errno;
  file(descriptor: number): OpenFile | undefined;
  duplicate(descriptor: number, to?: number): number | Errno;
  close(descriptor: number): boolean;
}

/**
 * All there is: the archive of Python's standard library, the three standard streams, `/dev/null` and a few
 * directories that cannot be listed. Nothing can be written, so nothing outlives a program.
 */
export function pythonFiles(library: { path: string; bytes: Uint8Array }): PythonFiles {
  const open = new Map<number, OpenFile>();
  const nothing = new Uint8Array();
  const pipe = (bytes: Uint8Array, stream: PythonStream | null): OpenFile => {
    return { mode: PIPE, seekable: false, bytes, position: 0, stream };
  };
  const add = (file: OpenFile): number | Errno => {
    if (open.size >= MAX_OPEN) return -ERRNO.tooMany;
    let descriptor = 3;
    while (open.has(descriptor)) descriptor += 1;
    open.set(descriptor, file);
    return descriptor;
  };
  const device = (path: string): OpenFile | undefined => {
    const descriptor = ['/dev/stdin', '/dev/stdout', '/dev/stderr'].indexOf(path);
    return path === '/dev/null' ? pipe(nothing, null) : open.get(descriptor);
  };
  return {
    reset: (stdin) => {
      open.clear();
      open.set(0, pipe(new TextEncoder().encode(stdin), null));
      open.set(1, pipe(nothing, 'stdout'));
      open.set(2, pipe(nothing, 'stderr'));
    },
    open: (name, flags) => {
      const path = absolute(name);
      const special = device(path);
      if (special) return add(special);
      if ((flags & WRITES) !== 0) return -ERRNO.readOnly;
      if (path === library.path) {
        const { bytes } = library;
        return add({ mode: REGULAR, seekable: true, bytes, position: 0, stream: null });
      }
      return DIRECTORIES.includes(path) ? -ERRNO.notPermitted : -ERRNO.noEntry;
    },
    status: (name) => {
      const path = absolute(name);
      if (path === library.path) return { mode: REGULAR, size: library.bytes.length };
      if (DIRECTORIES.includes(path)) return { mode: DIRECTORY, size: 0 };
      return device(path) ? { mode: PIPE, size: 0 } : -ERRNO.noEntry;
    },
    file: (descriptor) => open.get(descriptor),
    duplicate: (descriptor, to) => {
      const file = open.get(descriptor);
      if (!file) return -ERRNO.badDescriptor;
      if (to === undefined) return add(file);
      open.set(to, file);
      return to;
    },
    close: (descriptor) => open.delete(descriptor),
  };
}

/** The working directory is the root. */
function absolute(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
