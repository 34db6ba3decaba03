import type { IncomingMessage } from 'node:http';
import { RequestError } from './requestError.ts';

/** The whole body. @throws {RequestError} 413 once it is larger than `most` bytes: nothing more is kept. */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) throw new RequestError(413, `The body is larger than ${most} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
