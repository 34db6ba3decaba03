import { missingPeer } from '../base/missingPeer.ts';
import { writeFileAtomically } from '../data/writeFileAtomically.ts';
import type { Trajectory } from './trajectory.ts';
import { trajectoryLine } from './trajectoryLine.ts';
import { trajectoryTable } from './trajectoryTable.ts';
import { validateTrajectory } from './validateTrajectory.ts';

/** Trajectories per row group: a reader of a part of the file decodes whole groups. */
const ROW_GROUP = 1000;

/**
 * Writes all trajectories to a file: Parquet if its name ends in `.parquet` (with the optional package
 * `hyparquet-writer`), else JSONL. The file is replaced as a whole: whenever the machine stops, it holds what it held
 * before or everything. To add to a file while collecting, use `appendTrajectories`.
 *
 * In Parquet each field of the format is a column or a nested field under its own name; `task.data` and `info` are
 * JSON text, `metrics` has one number per name. A segment's `reward: null` is read back as absent, empty `metrics` too.
 *
 * @throws {EfEnvError} `format` for a trajectory that could not be read again (the file stays as it was),
 * `missing-peer` without `hyparquet-writer`. Errors of the file system are passed on.
 *
 * @example
 * const sum = importConversation({ prompt: '1 + 1?', completion: '2', reward: 1 }, { id: 'a' });
 * await writeTrajectories('sums.parquet', [sum]);
 * (await readTrajectories('sums.parquet'))[0]?.reward; // 1
 */
export async function writeTrajectories(
  file: string,
  trajectories: readonly Trajectory[],
): Promise<void> {
  const caller = 'writeTrajectories';
  if (/\.parquet$/i.test(file)) {
    await writeFileAtomically(caller, file, [await parquetBytes(caller, trajectories)]);
  } else {
    await writeFileAtomically(caller, file, lines(caller, trajectories));
  }
}

function* lines(caller: string, trajectories: readonly Trajectory[]): Generator<string> {
  for (const trajectory of trajectories) yield trajectoryLine(caller, trajectory);
}

async function parquetBytes(
  caller: string,
  trajectories: readonly Trajectory[],
): Promise<Uint8Array> {
  for (const trajectory of trajectories) {
    validateTrajectory(trajectory, `${caller}: '${trajectory.id}'`);
  }
  const { parquetWriteBuffer } = await loadWriter(caller);
  const buffer = parquetWriteBuffer({
    ...trajectoryTable(caller, trajectories),
    rowGroupSize: ROW_GROUP,
    createdBy: '@molrl/ef-env',
  });
  return new Uint8Array(buffer);
}

async function loadWriter(caller: string): Promise<typeof import('hyparquet-writer')> {
  try {
    return await import('hyparquet-writer');
  } catch (error) {
    throw missingPeer(error, 'hyparquet-writer', `${caller} of a Parquet file`);
  }
}
