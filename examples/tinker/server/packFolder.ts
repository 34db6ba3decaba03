import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const BLOCK = 512;

/**
 * Files of a folder as a tar archive, packed with gzip.
 *
 * @see https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */
export async function packFolder(folder: string, names: readonly string[]): Promise<Uint8Array> {
  const blocks: Buffer[] = [];
  for (const name of names) {
    const content = await readFile(join(folder, name));
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    blocks.push(header(name, content.length), content, padding);
  }
  return promisify(gzip)(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number): string =>
    `${value.toString(8).padStart(length - 1, '0')}\0`;
  const fields: [at: number, text: string][] = [
    [0, name],
    [100, octal(0o644, 8)],
    [108, octal(0, 8)],
    [116, octal(0, 8)],
    [124, octal(size, 12)],
    [136, octal(0, 12)],
    [148, ' '.repeat(8)], // the sum is of blanks here
    [156, '0'],
    [257, 'ustar\x0000'],
  ];
  for (const [at, text] of fields) block.write(text, at, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
