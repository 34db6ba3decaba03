import { Qwen3Error } from '../base/errors.ts';

const ADVICE: Record<string, string> = {
  ENOENT: 'No such file or folder: check the path.',
  ENOTDIR: 'A part of the path is a file, not a folder: check the path.',
  EISDIR: 'This is a folder, a file was expected: check the path.',
  EACCES: 'Permission denied: choose a folder you may use, or change its permissions.',
  EPERM: 'Permission denied: choose a folder you may use, or change its permissions.',
  EROFS: 'The file system is read-only: choose another folder.',
  ENOSPC: 'The disk is full: free some space or choose another folder.',
  EDQUOT: 'The disk quota is used up: free some space or choose another folder.',
  EMFILE: 'Too many open files: close some or raise the limit.',
};

/** A file-system error as one line with the fix. Errors of this package pass through unchanged. */
export function fileError(functionName: string, path: string, cause: unknown): Qwen3Error {
  if (cause instanceof Qwen3Error) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice = (code !== undefined && ADVICE[code]) || String(message);
  return new Qwen3Error('io', `${functionName}: cannot use ${path}. ${advice}`, { cause });
}
