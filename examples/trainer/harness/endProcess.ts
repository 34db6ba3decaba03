/** What to do about errors of the file system, by code. */
const ADVICE: Record<string, string> = {
  ENOSPC:
    'The disk is full. Free some space, then continue with --resume and the same --out, or choose another --out.',
  EDQUOT:
    'The disk quota is used up. Free some space, then continue with --resume, or choose another --out.',
  EACCES: 'No permission. Choose another --out, or make the folder writable.',
  EPERM: 'No permission. Choose another --out, or make the folder writable.',
  EROFS: 'The file system is read-only. Choose another --out.',
  ENOTDIR: 'A part of the path is a file. Choose another folder.',
  EEXIST: 'A file is in the way. Choose another --out.',
};

/** Runs a program to its end: a failure is one line on stderr (the stack with MOLRL_DEBUG), exit code 1. */
export function endProcess(program: Promise<void>): void {
  program.then(
    () => process.exit(),
    (error: NodeJS.ErrnoException) => {
      const advice = ADVICE[error.code ?? ''];
      process.stderr.write(
        `${advice ? `${error.path ?? 'write'}: ${advice} (${error.code})` : error.message}\n`,
      );
      if (process.env.MOLRL_DEBUG) process.stderr.write(`${error.stack}\n`);
      process.exit(1);
    },
  );
}
