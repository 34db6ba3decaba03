import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { repositoryRoot } from './repositoryRoot.ts';

/** The packages that a program loads before its first line: those that it imports later do not count. */
async function packagesAtStart(program: string): Promise<string[]> {
  const entry = join('examples', program);
  const { metafile } = await build({
    ...{ absWorkingDir: repositoryRoot, entryPoints: [entry], write: false, metafile: true },
    ...{ bundle: true, format: 'esm', packages: 'external', platform: 'node', outdir: 'out' },
  });
  const seen = new Set<string>();
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (external) found.add(path);
      else visit(path);
    }
  };
  visit(entry);
  return [...found].filter((name) => name.startsWith('@molrl/'));
}

// --help, a wrong option or setting, a missing model: an answer within a second, not after all kernels and graders.
test.each([
  'mol-rl/main.ts',
  'trainer/main.ts',
  'trainer/eval.ts',
  'trainer/seeing/doctor/main.ts',
])('%s reads what it was given before it loads what computes', async (program) => {
  expect(await packagesAtStart(program)).toEqual([]);
});

test('a program that imports a package at its top is seen', async () => {
  expect(await packagesAtStart('trainer/train.ts')).toContain('@molrl/tensor-gpu');
});
