import { describe, expect, test } from 'vitest';
import { formatRow, tableHead } from './benchRow.ts';
import { casesOf } from './cases.ts';
import { startContender } from './contender.ts';

const program = `
console.log('noise of a library');
console.log('@' + JSON.stringify({ ready: ['a'], failed: { b: 'no such thing' }, library: 'its kernels' }));
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) =>
  console.log('@' + JSON.stringify({ seconds: JSON.parse(line).repeats / 8 })));
`;

describe('bench', () => {
  test('a contender answers requests, and its noise is ignored', async () => {
    const contender = await startContender([process.execPath, '-e', program]);
    expect(contender).toMatchObject({ ready: ['a'], library: 'its kernels' });
    expect(contender.failed).toEqual({ b: 'no such thing' });
    expect(await contender.run('a', 4)).toBe(0.5);
    contender.stop();
  });

  test('a contender that ends early says why', async () => {
    const starting = startContender([
      process.execPath,
      '-e',
      'console.error("no torch"); process.exit(3)',
    ]);
    await expect(starting).rejects.toThrow(/exit code 3[\s\S]*no torch/);
  });

  test('every bench has cases, and a row prints in the columns of the head', () => {
    expect(casesOf('train', []).map(({ shape }) => shape)).toEqual(['nano', 'micro']);
    expect(casesOf('gemm', []).length + casesOf('ops', []).length).toBeGreaterThan(10);
    const row = formatRow({
      ...({ bench: 'train', shape: 'nano', threads: 2, backend: 'native', ours: 0.02 } as const),
      ...({
        library: 'kernels-v3.so',
        peer: 0.03,
        peerName: 'hf-sdpa',
        ratio: 1.5,
        limit: 0.0074,
        unit: 's',
      } as const),
    });
    expect(row.indexOf('1.50')).toBe(tableHead().indexOf('ratio'));
    expect(row).toContain('kernels-v3.so');
  });
});
