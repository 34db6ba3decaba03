import { fileSystem } from '#platform';
import { EfEnvError } from '../base/errors.ts';

/** JSON Lines, one JSON value (a list of rows), or Parquet. */
export type DataFormat = 'jsonl' | 'json' | 'parquet';

/** What a file holds, for where there are no paths: a browser's `File`, a download. */
export interface DataContent {
  /** Text, or bytes: `await file.arrayBuffer()`. Parquet is bytes. */
  content: string | Uint8Array | ArrayBuffer;
  format: DataFormat;
  /** What errors call it. Default `'content'`. */
  name?: string | undefined;
}

/** A file: its path (Node; the ending `.jsonl`, `.ndjson`, `.json` or `.parquet` says the format), or what it holds. */
export type DataSource = string | DataContent;

/** An open source: bytes that can be read from anywhere. */
export interface OpenSource {
  name: string;
  format: DataFormat;
  byteLength: number;
  /** The bytes `start` .. `end` (exclusive). */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

const ENDINGS: Record<string, DataFormat> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  parquet: 'parquet',
};

/**
 * @param otherwise - The format of a path with another ending; absent = an error.
 * @throws {EfEnvError} `option` for a path with an unknown ending. Errors of the file system are passed on.
 */
export async function openSource(
  caller: string,
  source: DataSource,
  otherwise?: DataFormat,
): Promise<OpenSource> {
  if (typeof source === 'string') return openFile(caller, source, otherwise);
  const formats = Object.values(ENDINGS);
  if (source?.content === undefined || !formats.includes(source.format)) {
    throw new EfEnvError(
      'option',
      `${caller}: a source is a path or { content, format: '${[...new Set(formats)].join("' | '")}' }, got ${source?.content === undefined ? 'no content' : `format ${JSON.stringify(source.format)}`}.`,
    );
  }
  const { content, format, name = 'content' } = source;
  const bytes = asBytes(content);
  return {
    name,
    format,
    byteLength: bytes.length,
    read: async (start, end) => bytes.slice(start, end),
    close: async () => {},
  };
}

async function openFile(
  caller: string,
  path: string,
  otherwise: DataFormat | undefined,
): Promise<OpenSource> {
  const format = ENDINGS[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''] ?? otherwise;
  if (format === undefined) {
    throw new EfEnvError(
      'option',
      `${caller}: a path must end in .${Object.keys(ENDINGS).join(', .')}, got '${path}'. Rename the file, or give { content, format }.`,
    );
  }
  const { open } = await fileSystem(caller);
  const handle = await open(path, 'r');
  try {
    return {
      name: path,
      format,
      byteLength: (await handle.stat()).size,
      read: async (start, end) => {
        const bytes = new Uint8Array(end - start);
        for (let at = 0; at < bytes.length; ) {
          const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
          if (bytesRead === 0) return bytes.slice(0, at); // somebody made the file shorter
          at += bytesRead;
        }
        return bytes;
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function asBytes(content: DataContent['content']): Uint8Array<ArrayBuffer> {
  if (typeof content === 'string') return new TextEncoder().encode(content);
  return content instanceof ArrayBuffer ? new Uint8Array(content) : new Uint8Array(content);
}
