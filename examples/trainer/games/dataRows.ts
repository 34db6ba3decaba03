import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createRandom, type DataRow, mixSeeds, readRows } from '@molrl/ef-env';

export interface DataRows<Row extends object = DataRow> {
  train: readonly Row[];
  heldOut: readonly Row[];
  files: Record<string, string>;
}

/** Most rows that are held out of `data` when there is no `evalData`. */
const MOST_HELD_OUT = 256;

/** Rows of a run's files. Without held-out rows of their own a tenth, drawn by seed, is held out of the data. */
export async function readDataRows<Row extends object = DataRow>({
  data,
  evalData,
  seed,
}: {
  data: string;
  evalData?: string | undefined;
  seed: number;
}): Promise<DataRows<Row>> {
  const rows = await readFileRows<Row>('data', data);
  const files = { [data]: await sha256(data) };
  if (evalData !== undefined) {
    const heldOut = await readFileRows<Row>('evalData', evalData);
    return { train: rows, heldOut, files: { ...files, [evalData]: await sha256(evalData) } };
  }
  return { ...holdOut(rows, seed), files };
}

/** Rows to learn from and a tenth that is held out, drawn by seed. */
export function holdOut<Row extends object>(
  rows: readonly Row[],
  seed: number,
): Pick<DataRows<Row>, 'train' | 'heldOut'> {
  const count = Math.min(MOST_HELD_OUT, Math.floor(rows.length / 10));
  const shuffled = createRandom(mixSeeds(seed, 'held out')).sample(rows, rows.length);
  return { train: shuffled.slice(count), heldOut: shuffled.slice(0, count) };
}

async function readFileRows<Row extends object>(name: string, file: string): Promise<Row[]> {
  let rows: Row[];
  try {
    rows = await readRows<Row>(file);
  } catch (cause) {
    throw new Error(`${name}: ${(cause as Error).message}`, { cause }); // readRows throws errors
  }
  if (rows.length > 0) return rows;
  throw new Error(`${name}: ${file} has no rows. Give a file with at least one.`);
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
