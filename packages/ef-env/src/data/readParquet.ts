import type { Compressors, FileMetaData } from 'hyparquet';
import { EfEnvError } from '../base/errors.ts';
import { missingPeer } from '../base/missingPeer.ts';
import type { OpenSource } from './dataSource.ts';
import { inexactNumber, inexactWords } from './exactNumbers.ts';
import { DATE_PARSERS, type ReadValue, storedValues } from './parquetValues.ts';
import type { DataRow, PlacedRow } from './parseRows.ts';

export interface ReadParquetOptions {
  caller: string;
  /** Told the names of all columns, gives those to read; absent = all. */
  choose?: ((known: readonly string[]) => readonly string[]) | undefined;
  limit: number;
}

/** Codecs that hyparquet decodes by itself. */
const OWN_CODECS = ['UNCOMPRESSED', 'SNAPPY'];

/**
 * Rows of a Parquet file as plain values: 64-bit integers and decimals as numbers, dates, times and timestamps as ISO
 * strings (`2026-11-28`, `01:02:03.5`, `2026-11-28T01:02:03.000004Z`) with every digit that is stored, lists and structs as arrays and objects, missing values as `null`, byte columns as `Uint8Array`.
 *
 * @throws {EfEnvError} `missing-peer` without `hyparquet`, or without `hyparquet-compressors` where the file is
 * compressed with something else than Snappy; `format` for another file or a value that no number can hold.
 */
export async function readParquet(
  source: OpenSource,
  options: ReadParquetOptions,
): Promise<PlacedRow[]> {
  const { caller, choose, limit } = options;
  const purpose = `${caller} of a Parquet file`;
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await loadReader(purpose);
  const file = {
    byteLength: source.byteLength,
    slice: async (start: number, end = source.byteLength) => (await source.read(start, end)).buffer, // a new buffer each time, of this length
  };
  const metadata = await parquetMetadataAsync(file).catch((error) => unreadable(source, error));
  const schema = parquetSchema(metadata);
  const columns = choose?.(schema.children.map(({ element }) => element.name));
  const readers = storedValues(schema);
  const compressors = await compressorsFor(metadata, purpose);
  const rows = await parquetReadObjects({
    file,
    metadata,
    compressors,
    parsers: { ...DATE_PARSERS, jsonFromBytes: (bytes) => jsonColumn(bytes, source.name) },
    utf8: false, // only columns that are marked as text are text
    ...(columns && { columns: [...columns] }),
    ...(Number.isFinite(limit) && { rowEnd: limit }),
  }).catch((error) => unreadable(source, error));
  return rows.map((row, i) => {
    const where = `${source.name}: row ${i + 1}`;
    return { row: plainRow(row, where, readers), where };
  });
}

async function compressorsFor(metadata: FileMetaData, purpose: string): Promise<Compressors> {
  const codecs = metadata.row_groups.flatMap((group) =>
    group.columns.map((column) => column.meta_data?.codec ?? 'UNCOMPRESSED'),
  );
  const other = codecs.find((codec) => !OWN_CODECS.includes(codec));
  if (other === undefined) return {};
  try {
    return withEmptyPages((await import('hyparquet-compressors')).compressors);
  } catch (error) {
    throw missingPeer(error, 'hyparquet-compressors', `${purpose} compressed with ${other}`);
  }
}

/** A page without values has no bytes, which some of the decoders do not expect. */
function withEmptyPages(compressors: Compressors): Compressors {
  const checked = Object.entries(compressors).map(([codec, decode]) => [
    codec,
    (input: Uint8Array, length: number) =>
      length === 0 ? new Uint8Array() : decode(input, length),
  ]);
  return Object.fromEntries(checked) as Compressors; // the same codecs
}

/** @throws {EfEnvError} `format` for a number whose digits would change. */
function jsonColumn(bytes: Uint8Array | undefined, name: string): unknown {
  if (!bytes) return undefined;
  const text = new TextDecoder().decode(bytes);
  const inexact = inexactNumber(text);
  if (inexact === null) return JSON.parse(text);
  throw new EfEnvError('format', `${name}: a column of JSON holds ${inexactWords(inexact)}`);
}

async function loadReader(purpose: string): Promise<typeof import('hyparquet')> {
  try {
    return await import('hyparquet');
  } catch (error) {
    throw missingPeer(error, 'hyparquet', purpose);
  }
}

function unreadable(source: OpenSource, error: unknown): never {
  if (error instanceof EfEnvError) throw error;
  throw new EfEnvError(
    'format',
    `${source.name}: not a Parquet file that can be read (${error instanceof Error ? error.message : error}). Download it again, or write it again with another tool.`,
  );
}

/** In place: the rows are fresh, and copies of large files cost more than reading them. */
function plainRow(row: DataRow, where: string, readers: ReadonlyMap<string, ReadValue>): DataRow {
  for (const column of Object.keys(row)) {
    const fail = (what: string): never => {
      throw new EfEnvError(
        'format',
        `${where}: column '${column}' holds ${what}. Store it as text, or leave the column out with \`columns\`.`,
      );
    };
    const stored = readers.get(column)?.(row[column], fail) ?? row[column];
    row[column] = plainValue(stored, fail);
  }
  return row;
}

function plainValue(value: unknown, fail: (what: string) => never): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    return fail(`the integer ${value}, which no number can hold exactly`);
  }
  if (typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? fail('a date that does not exist') : value.toISOString();
  }
  const fields = value as DataRow; // an array is an object of its indices
  for (const key of Object.keys(fields)) fields[key] = plainValue(fields[key], fail);
  return value;
}
