import type { Trajectory } from './trajectory.ts';

export interface AppendTrajectoriesOptions {
  /** Told when a torn last line was cut off. Default: a process warning. */
  onWarning?: ((message: string) => void) | undefined;
}

/**
 * Appends trajectories to a JSONL file, one a line, and waits until they are on disk (fsync). The
 * file is created when it does not exist. A crash in the middle leaves at most one torn last line,
 * which the next append cuts off and `readTrajectories` drops. One writer per file.
 *
 * @throws What the file system throws (disk full, no permission). Lines written before it stay valid.
 */
export async function appendTrajectories(
  file: string,
  trajectories: readonly Trajectory[],
  options: AppendTrajectoriesOptions = {},
): Promise<void> {
  const { onWarning = (message: string) => process.emitWarning(message) } = options;
  if (trajectories.length === 0) return;
  const { open } = await import('node:fs/promises');
  const handle = await open(file, 'a+');
  try {
    const { size } = await handle.stat();
    const tail = await lastLine(handle, size);
    const complete = isJson(tail.toString('utf8')); // only its newline is missing
    const whole = complete ? size : size - tail.length;
    if (whole < size) {
      await handle.truncate(whole);
      onWarning(`${file}: cut off a torn last line (${tail.length} bytes).`);
    }
    try {
      await handle.appendFile((complete ? '\n' : '') + trajectories.map(toLine).join(''));
      await handle.sync();
    } catch (error) {
      await handle.truncate(whole).catch(() => {}); // disk full: take back the half-written lines
      throw error;
    }
  } finally {
    await handle.close();
  }
}

/** Typed arrays of token ids become plain arrays: JSON would write them as objects. */
function toLine(trajectory: Trajectory): string {
  const plain = (_: string, value: unknown): unknown =>
    ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value; // a view that is no DataView: tokens hold number arrays
  return `${JSON.stringify(trajectory, plain)}\n`;
}

/** What follows the last newline, read backwards in blocks. */
async function lastLine(
  handle: {
    read(into: Uint8Array, offset: number, length: number, position: number): Promise<unknown>;
  },
  size: number,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let end = size; end > 0; ) {
    const block = Buffer.alloc(Math.min(65_536, end));
    await handle.read(block, 0, block.length, end - block.length);
    const newline = block.lastIndexOf(0x0a);
    parts.unshift(block.subarray(newline + 1));
    if (newline >= 0) break;
    end -= block.length;
  }
  return Buffer.concat(parts);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
