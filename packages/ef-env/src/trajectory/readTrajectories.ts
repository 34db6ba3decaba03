import { EfEnvError } from '../errors.ts';
import type { Trajectory } from './trajectory.ts';
import { validateTrajectory } from './validateTrajectory.ts';

export interface ReadTrajectoriesOptions {
  /** Told when a torn last line was dropped. Default: a process warning. */
  onWarning?: ((message: string) => void) | undefined;
}

/**
 * Reads a JSONL file of trajectories, one a line, and checks every one.
 *
 * A last line without its newline that is not complete JSON is what a crash in the middle of an
 * append leaves: it is dropped, with a warning. Anything else that is wrong is an error.
 *
 * @throws {EfEnvError} `format` with file and line, e.g. `run.jsonl:17: segments[2].kind must be ...`.
 * Errors of the file system are passed on.
 */
export async function readTrajectories(
  file: string,
  options: ReadTrajectoriesOptions = {},
): Promise<Trajectory[]> {
  const { onWarning = (message: string) => process.emitWarning(message) } = options;
  const { readFile } = await import('node:fs/promises');
  const lines = (await readFile(file, 'utf8')).split('\n');
  const last = lines.length - 1;
  const trajectories: Trajectory[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const where = `${file}:${i + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      if (i === last) {
        onWarning(`${where}: dropped a torn last line (${line.length} characters).`);
        continue;
      }
      throw new EfEnvError(
        'format',
        `${where}: not JSON (${(error as Error).message}). Delete the line or restore the file.`, // JSON.parse throws SyntaxError
      );
    }
    trajectories.push(validateTrajectory(value, where));
  }
  return trajectories;
}
