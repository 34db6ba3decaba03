import { warn } from '#platform';
import { EfEnvError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import { type DataSource, type OpenSource, openSource } from '../data/dataSource.ts';
import { inexactNumber, inexactWords } from '../data/exactNumbers.ts';
import { readParquet } from '../data/readParquet.ts';
import { textLines } from '../data/textLines.ts';
import type { Trajectory } from './trajectory.ts';
import { fromTableRow } from './trajectoryTable.ts';
import { validateTrajectory } from './validateTrajectory.ts';

export interface ReadTrajectoriesOptions {
  /** Told when a torn last line was dropped. Default: a process warning. */
  onWarning?: ((message: string) => void) | undefined;
}

/**
 * Reads trajectories and checks every one: Parquet if the file's name ends in `.parquet` (with the optional package
 * `hyparquet`), else JSONL, one a line.
 *
 * A last line without its newline that is not complete JSON is what a crash in the middle of an
 * append leaves: it is dropped, with a warning. Anything else that is wrong is an error.
 *
 * @param source - A path (Node), or `{ content, format }`.
 * @throws {EfEnvError} `format` with file and line (Parquet: row), e.g. `run.jsonl:17: segments[2].kind must be ...`;
 * `missing-peer` without `hyparquet`. Errors of the file system are passed on.
 */
export async function readTrajectories(
  source: DataSource,
  options: ReadTrajectoriesOptions = {},
): Promise<Trajectory[]> {
  const given = readOptions('readTrajectories', options, {
    onWarning: 'optional',
  });
  const caller = 'readTrajectories';
  const opened = await openSource(caller, source, 'jsonl');
  try {
    if (opened.format !== 'parquet') return await fromLines(opened, given);
    const rows = await readParquet(opened, { caller, limit: Number.POSITIVE_INFINITY });
    return rows.map(({ row, where }) => validateTrajectory(fromTableRow(row), where));
  } finally {
    await opened.close();
  }
}

async function fromLines(
  opened: OpenSource,
  { onWarning = warn }: ReadTrajectoriesOptions,
): Promise<Trajectory[]> {
  const trajectories: Trajectory[] = [];
  for await (const { text, number, complete } of textLines(opened)) {
    const where = `${opened.name}:${number}`;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      if (!complete) {
        onWarning(`${where}: dropped a torn last line (${text.length} characters).`);
        break;
      }
      throw new EfEnvError(
        'format',
        `${where}: not JSON (${(error as Error).message}). Delete the line or restore the file.`, // JSON.parse throws SyntaxError
      );
    }
    const inexact = inexactNumber(text);
    if (inexact) throw new EfEnvError('format', `${where}: it holds ${inexactWords(inexact)}`);
    trajectories.push(validateTrajectory(value, where));
  }
  return trajectories;
}
