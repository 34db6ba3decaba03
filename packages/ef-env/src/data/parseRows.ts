import { EfEnvError } from '../base/errors.ts';
import { inexactNumber, inexactWords } from './exactNumbers.ts';

/** A row of a data set: its columns by name. */
export type DataRow = Record<string, unknown>;

export interface PlacedRow {
  row: DataRow;
  /** For errors: `train.jsonl:17`, or `train.json: row 17`. */
  where: string;
}

/**
 * The rows of a JSON text: a list, `{ "rows": [...] }` (each row bare or as `{ "row": ... }`, as the Hugging Face
 * viewer answers), or one object a line.
 *
 * @param name - What errors call the text.
 * @throws {EfEnvError} `format` with the line or row.
 */
export function parseRows(text: string, name: string): PlacedRow[] {
  const whole = tryJson(text);
  if (whole.ok) checkDigits(text, name);
  if (whole.ok) return listedRows(whole.value, name);
  // A list, or an object over several lines, is not one row a line: its own error says more.
  if (/^\s*(?:\[|\{\s*\n)/.test(text)) {
    const end = Number(/position (\d+)/.exec(whole.error)?.[1] ?? text.length);
    throw notJson(`${name}:${text.slice(0, end).split('\n').length}`, whole.error, text);
  }
  return text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [parseRowLine(line, `${name}:${i + 1}`)]));
}

function listedRows(value: unknown, name: string): PlacedRow[] {
  const envelope = isRow(value) && Array.isArray(value.rows) ? value.rows : null;
  const rows: unknown[] =
    envelope?.map((item) => (isRow(item) && isRow(item.row) ? item.row : item)) ??
    (Array.isArray(value) ? value : [value]);
  return rows.map((row, i) => {
    const where = `${name}: row ${i + 1}`;
    return { row: checkRow(row, where), where };
  });
}

/** One line of JSON Lines. */
export function parseRowLine(line: string, where: string): PlacedRow {
  const parsed = tryJson(line);
  if (!parsed.ok) throw notJson(where, parsed.error, line);
  const inexact = inexactNumber(line);
  if (inexact) throw new EfEnvError('format', `${where}: it holds ${inexactWords(inexact)}`);
  return { row: checkRow(parsed.value, where), where };
}

type Parsed = { ok: true; value: unknown } | { ok: false; error: string };

function tryJson(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text.replace(/^\uFEFF/, '')) };
  } catch (error) {
    return { ok: false, error: (error as Error).message }; // JSON.parse throws SyntaxError
  }
}

/** @throws {EfEnvError} `format` with the line of a number whose digits would change. */
function checkDigits(text: string, name: string): void {
  const inexact = inexactNumber(text);
  if (!inexact) return;
  const line = text.slice(0, inexact.index).split('\n').length;
  throw new EfEnvError('format', `${name}:${line}: it holds ${inexactWords(inexact)}`);
}

function notJson(where: string, error: string, text: string): EfEnvError {
  const python = pythonNumber(text);
  if (python === null)
    return new EfEnvError('format', `${where}: not JSON (${error}). Mend or delete it.`);
  return new EfEnvError(
    'format',
    `${where}: not JSON: it holds ${python}, as Python's json writes it. JSON has no such number: write null or a text (json.dumps(..., allow_nan=False) finds them).`,
  );
}

/** `NaN` or `Infinity` outside of texts. */
function pythonNumber(text: string): string | null {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\b(?:NaN|Infinity)\b/)?.[0] ?? null;
}

function checkRow(value: unknown, where: string): DataRow {
  if (isRow(value)) return value;
  const shown = JSON.stringify(value).slice(0, 60);
  throw new EfEnvError(
    'format',
    `${where}: a row must be an object { column: value }, got ${shown}.`,
  );
}

const isRow = (value: unknown): value is DataRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
