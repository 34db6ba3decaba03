import { Qwen3Error } from '../base/errors.ts';
import type { ByteSource } from './byteSource.ts';

/** A range of a file, and the file's size. */
interface Range {
  bytes: Uint8Array<ArrayBuffer>;
  size: number;
}

/** Opens a file of the web, of which pieces are asked for with HTTP range requests. @throws {Qwen3Error} `io` */
export async function openWebBytes(caller: string, address: string): Promise<ByteSource> {
  const { size } = await readRange(caller, address, { position: 0, length: 1 });
  return {
    name: address,
    isLocal: false,
    size,
    async read(position, length) {
      if (length === 0) return new Uint8Array(0);
      return (await readRange(caller, address, { position, length })).bytes;
    },
    close: async () => {},
  };
}

/** A small file of the web as a whole; undefined if there is none (404). @throws {Qwen3Error} `io` */
export async function fetchWhole(
  caller: string,
  address: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const response = await ask(caller, address, {});
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  if (!response.ok) return refused(caller, address, response);
  return new Uint8Array(await body(caller, address, response));
}

async function readRange(
  caller: string,
  address: string,
  { position, length }: { position: number; length: number },
): Promise<Range> {
  const last = position + length - 1;
  const response = await ask(caller, address, { range: `bytes=${position}-${last}` });
  if (response.status !== 206) return refused(caller, address, response);
  const content = response.headers.get('content-range') ?? '';
  const [, from, to, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(content) ?? [];
  const bytes = new Uint8Array(await body(caller, address, response));
  if (Number(from) !== position || Number(to) !== last || bytes.length !== length) {
    return fail(
      caller,
      `${address}: asked for the bytes ${position} to ${last}, got ${bytes.length} with the range "${content}". The file is shorter than its header says, or changed while it was read.`,
    );
  }
  return { bytes, size: Number(size) };
}

async function ask(
  caller: string,
  address: string,
  headers: Record<string, string>,
): Promise<Response> {
  try {
    // a compressed answer has other byte positions
    return await fetch(address, { headers: { ...headers, 'accept-encoding': 'identity' } });
  } catch (cause) {
    return fail(caller, `cannot reach ${address}: ${reason(cause)}.`, cause);
  }
}

async function body(caller: string, address: string, response: Response): Promise<ArrayBuffer> {
  try {
    return await response.arrayBuffer();
  } catch (cause) {
    return fail(caller, `${address} broke off: ${reason(cause)}. Try again.`, cause);
  }
}

const reason = (cause: unknown): string => {
  const { message, cause: inner } = cause as Error;
  return inner instanceof Error ? inner.message : message;
};

async function refused(caller: string, address: string, response: Response): Promise<never> {
  await response.body?.cancel();
  const { status } = response;
  const advice: Record<number, string> = {
    200: 'The server does not serve ranges of a file: download it, or use another server.',
    401: 'It asks for a login: download the model first.',
    403: 'It asks for a login: download the model first.',
    404: 'There is no such file: check the address.',
    416: 'The file is shorter than its header says.',
  };
  const text = advice[status] ?? 'Try again later.';
  return fail(caller, `${address}: the server answered ${status}. ${text}`);
}

function fail(caller: string, what: string, cause?: unknown): never {
  throw new Qwen3Error('io', `${caller}: ${what}`, { cause });
}

/** Is there such a file? Its content is not fetched. @throws {Qwen3Error} `io` if the server refuses to say. */
export async function existsOnWeb(caller: string, address: string): Promise<boolean> {
  const response = await ask(caller, address, { range: 'bytes=0-0' });
  await response.body?.cancel();
  if (response.status === 404) return false;
  if (response.ok) return true;
  return refused(caller, address, response);
}
