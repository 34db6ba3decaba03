import { fileSystem, warn } from '#platform';
import { EfEnvError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import { syncFolder } from '../data/writeFileAtomically.ts';
import type { Trajectory } from './trajectory.ts';
import { trajectoryLine } from './trajectoryLine.ts';

export interface AppendTrajectoriesOptions {
  /** Told when a torn last line was cut off. Default: a process warning. */
  onWarning?: ((message: string) => void) | undefined;
}

/**
 * Appends trajectories to a JSONL file, one a line, and waits until they are on disk (fsync). The
 * file is created when it does not exist. A crash in the middle leaves at most one torn last line,
 * which the next append cuts off and `readTrajectories` drops. One writer per file.
 *
 * @throws {EfEnvError} `format` for a trajectory that could not be read again (nothing is written then), `option` for
 * a `.parquet` file. What the file system throws (disk full, no permission) is passed on; lines written before stay valid.
 */
export async function appendTrajectories(
  file: string,
  trajectories: readonly Trajectory[],
  options: AppendTrajectoriesOptions = {},
): Promise<void> {
  const given = readOptions('appendTrajectories', options, {
    onWarning: 'optional',
  });
  const { onWarning = warn } = given;
  if (/\.parquet$/i.test(file)) {
    throw new EfEnvError(
      'option',
      `appendTrajectories: Parquet cannot be appended to, got '${file}'. Append to a .jsonl file and convert it: writeTrajectories('run.parquet', await readTrajectories('run.jsonl')).`,
    );
  }
  if (trajectories.length === 0) return;
  const lines = trajectories.map((trajectory) => trajectoryLine('appendTrajectories', trajectory));
  const { open } = await fileSystem('appendTrajectories');
  const handle = await open(file, 'a+');
  try {
    const { size } = await handle.stat();
    const tail = await lastLine(handle, size);
    const complete = isJson(tail); // only its newline is missing
    const whole = complete ? size : size - tail.length;
    if (whole < size) {
      await handle.truncate(whole);
      onWarning(`${file}: cut off a torn last line (${tail.length} bytes).`);
    }
    try {
      for (const line of complete ? ['\n', ...lines] : lines) await handle.appendFile(line);
      await handle.sync();
    } catch (error) {
      await handle.truncate(whole).catch(() => {}); // disk full: take back the half-written lines
      throw error;
    }
    if (size === 0) await syncFolder('appendTrajectories', file);
  } finally {
    await handle.close();
  }
}

/** What follows the last newline, read backwards in blocks. */
async function lastLine(
  handle: {
    read(into: Uint8Array, offset: number, length: number, position: number): Promise<unknown>;
  },
  size: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let end = size; end > 0; ) {
    const block = new Uint8Array(Math.min(65_536, end));
    await handle.read(block, 0, block.length, end - block.length);
    const newline = block.lastIndexOf(0x0a);
    parts.unshift(block.subarray(newline + 1));
    if (newline >= 0) break;
    end -= block.length;
  }
  const line = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    line.set(part, at);
    at += part.length;
  }
  return line;
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}
