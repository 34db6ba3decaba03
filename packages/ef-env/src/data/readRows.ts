import { EfEnvError } from '../base/errors.ts';
import { nearestName } from '../base/nearestName.ts';
import { readOptions } from '../base/readOptions.ts';
import { type DataSource, type OpenSource, openSource } from './dataSource.ts';
import { type DataRow, type PlacedRow, parseRowLine, parseRows } from './parseRows.ts';
import { readParquet } from './readParquet.ts';
import { textLines } from './textLines.ts';

export interface ReadRowsOptions<Row extends object = DataRow> {
  /**
   * Columns to keep, and only those: names, or new names for the file's, e.g.
   * `{ prompt: 'problem', answer: 'solution' }`. Each must be in every row (it may hold `null`). Absent = all columns.
   */
  columns?: readonly (keyof Row & string)[] | { [Name in keyof Row]?: string } | undefined;
  /** Most rows to read, from the first. Default: all. */
  limit?: number | undefined;
}

/**
 * Rows of a data set of yours: JSON Lines, a JSON list, or Parquet (with the optional package `hyparquet`; Parquet
 * compressed with anything but Snappy needs `hyparquet-compressors` too). Of a Parquet file only the columns and row
 * groups asked for are read.
 *
 * What comes from Parquet is what JSON would hold: 64-bit integers and decimals as numbers, dates, times and timestamps as
 * ISO strings with all their digits, lists and structs as arrays and objects, missing values as `null`. Byte columns stay
 * `Uint8Array`. No digit changes in silence: a whole number beyond 2^53, or a decimal that no number holds, is an error.
 *
 * @param source - A path (Node), or `{ content, format }`.
 * @returns The rows as objects. `Row` is your claim about them: names given in `columns` are checked, types are not.
 *
 * @throws {EfEnvError} `format` with file, line or row and column if something cannot be read or a column is missing;
 * `missing-peer` if a package has to be installed; `option` for an unknown file ending or a bad limit. Errors of the
 * file system are passed on.
 *
 * @example
 * const content = '{"problem": "1 + 1?", "solution": "2", "level": 1}\n';
 * await readRows({ content, format: 'jsonl' }, { columns: { prompt: 'problem', answer: 'solution' } });
 * // [{ prompt: '1 + 1?', answer: '2' }]
 */
export async function readRows<Row extends object = DataRow>(
  source: DataSource,
  options: ReadRowsOptions<Row> = {},
): Promise<Row[]> {
  const given = readOptions('readRows', options, {
    columns: 'optional',
    limit: 'optional',
  });
  const { columns, limit = Number.POSITIVE_INFINITY } = given;
  if (limit < 1 || !(Number.isInteger(limit) || limit === Number.POSITIVE_INFINITY)) {
    throw new EfEnvError('option', `readRows: limit must be an integer >= 1, got ${limit}.`);
  }
  const names = columns === undefined ? undefined : newNames(columns);
  const opened = await openSource('readRows', source);
  try {
    const rows = await placedRows(opened, names, limit);
    return rows.map((placed) => rename(placed, names)) as Row[]; // the caller's claim, as documented
  } finally {
    await opened.close();
  }
}

/** New name -> the file's name. */
type Names = readonly (readonly [string, string])[];

function newNames(columns: readonly string[] | Record<string, string | undefined>): Names {
  if (Array.isArray(columns)) return columns.map((name: string) => [name, name]);
  return Object.entries(columns).map(([name, from]) => [name, from ?? name]);
}

async function placedRows(
  opened: OpenSource,
  names: Names | undefined,
  limit: number,
): Promise<PlacedRow[]> {
  if (opened.format === 'parquet') {
    const choose = (known: readonly string[]): string[] => {
      const wanted = (names ?? []).map(([, from]) => from);
      for (const from of wanted) {
        if (!known.includes(from)) throw missingColumn(opened.name, from, known);
      }
      return wanted;
    };
    return readParquet(opened, { caller: 'readRows', limit, ...(names && { choose }) });
  }
  if (opened.format === 'json') {
    const text = new TextDecoder().decode(await opened.read(0, opened.byteLength));
    return parseRows(text, opened.name).slice(0, limit);
  }
  const rows: PlacedRow[] = [];
  for await (const { text, number } of textLines(opened)) {
    if (rows.length >= limit) break;
    rows.push(parseRowLine(text, `${opened.name}:${number}`));
  }
  return rows;
}

function rename({ row, where }: PlacedRow, names: Names | undefined): DataRow {
  if (names === undefined) return row;
  return Object.fromEntries(
    names.map(([name, from]) => {
      if (!Object.hasOwn(row, from)) throw missingColumn(where, from, Object.keys(row));
      return [name, row[from]];
    }),
  );
}

function missingColumn(where: string, name: string, known: readonly string[]): EfEnvError {
  const nearest = nearestName(name, known);
  return new EfEnvError(
    'format',
    `${where}: there is no column '${name}'.${nearest === undefined ? '' : ` Did you mean '${nearest}'?`} There are: ${known.join(', ')}.`,
  );
}
