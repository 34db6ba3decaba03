import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { NODE_FLAGS } from '../processes/nodeFlags.ts';
import { readJob, writeJob } from './job.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
const command = [process.execPath, ...NODE_FLAGS, program];
const TINY = ['--arm', 'base', '--eval-tasks', '1'];

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'molrl-bad-'));
const run = (argv: string[], prefix: string[] = []) => {
  const [file, ...rest] = [...prefix, ...command, ...argv];
  return spawnSync(file!, rest, { encoding: 'utf8' }); // at least node itself
};

/** One line on stderr, exit code 1. */
function expectOneLine(
  { status, stderr }: { status: number | null; stderr: string },
  expected: RegExp,
): void {
  expect(stderr).toMatch(expected);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(1);
}

describe('bad input ends in one clear line', () => {
  test.each<[string, string[], RegExp]>([
    [
      'an unknown option',
      ['--epochs', '3'],
      /unknown option '--epochs'\. All options: npm start -- --help/,
    ],
    ['a word for a number', ['--lora', 'many'], /'--lora <r>' argument 'many' is invalid/],
    ['an empty folder to resume', ['--resume', '--out', '/nowhere'], /^--resume: .*does not exist/],
  ])('%s', (_, argv, expected) => expectOneLine(run(argv), expected));

  test('a missing model folder, and nothing is left behind', () => {
    const out = join(newFolder(), 'run');
    expectOneLine(
      run([...TINY, '--model', '/no/such/model', '--out', out]),
      /^model: \/no\/such\/model is not there\. Looked for a folder/,
    );
    expect(existsSync(join(out, 'job.json'))).toBe(false);
  });

  test('a folder that holds a run, other kernels, other settings', async () => {
    const out = newFolder();
    expect(run([...TINY, '--out', out]).status).toBe(0);
    const { library, settings } = await readJob(out);
    expect(library).toMatch(/^(kernels-v[34]\.so|kernels\.\w+|relaxed\.wasm|simd\.wasm)$/);
    await writeJob(out, { settings, library: 'kernels-v9.so' });
    expectOneLine(
      run(['--out', out, '--resume']),
      /^--resume: the run was computed by kernels-v9\.so, this is .*: they round sums differently/,
    );
    await writeJob(out, { settings, library });
    expectOneLine(run([...TINY, '--out', out]), /^--out: .* holds a run already. Add --resume/);
    expectOneLine(
      run([...TINY, '--alpha', '0.7', '--out', out, '--resume']),
      /^--resume: the run was started with --alpha 0.3, got 0.7/,
    );
  });

  test('a corrupt checkpoint is passed over for the one before, two are an error', () => {
    const out = newFolder();
    expect(run([...TINY, '--out', out]).status).toBe(0);
    const figures = readFileSync(join(out, 'results.json'), 'utf8').replace(/"seconds": .*/, '');
    const base = join(out, 'runs', '0-base');
    const damage = (name: string): void => {
      const file = join(base, 'checkpoints', name);
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(file, bytes);
      rmSync(join(base, 'results.json')); // as of a run that was killed before its end
    };
    damage('checkpoint-1-0.bin');
    const { status, stdout } = run(['--out', out, '--resume']);
    expect({ status, stdout }).toMatchObject({
      ...{ status: 0, stdout: expect.stringMatching(/checkpoint-1-0\.bin is damaged/) },
    });
    const again = readFileSync(join(out, 'results.json'), 'utf8');
    expect(again.replace(/"seconds": .*/, '')).toBe(figures);
    damage('checkpoint-1-0.bin');
    writeFileSync(join(base, 'checkpoints', 'checkpoint-0-0.bin'), 'MOLRL001');
    expectOneLine(run(['--out', out, '--resume']), /^--resume: .* holds no whole checkpoint/);
  });

  test.runIf(existsSync('/dev/full'))('a full disk from the start: nothing is left behind', () => {
    const out = newFolder();
    symlinkSync('/dev/full', join(out, 'job.json.tmp'));
    expectOneLine(run([...TINY, '--out', out]), /The disk is full. Free some space/);
    expect(readdirSync(out)).toEqual([]);
  });

  test.runIf(existsSync('/dev/full'))(
    'a full disk at the very end: --resume writes the results, nothing is computed again',
    () => {
      const out = newFolder();
      symlinkSync('/dev/full', join(out, 'results.json.tmp'));
      expectOneLine(run([...TINY, '--out', out]), /The disk is full. Free some space/);
      expect(existsSync(join(out, 'results.json'))).toBe(false);
      const { status, stdout } = run(['--out', out, '--resume']);
      expect(status).toBe(0);
      expect(stdout).not.toContain('base (seed 0)');
      expect(existsSync(join(out, 'results.json'))).toBe(true);
    },
  );

  // Needs the right to mount: a container may not have it.
  const disk = newFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]).status === 0;
  afterAll(() => {
    if (mounted) spawnSync('umount', [disk]);
  });

  test.runIf(mounted)(
    'a disk that fills up during the run: after freeing space --resume ends it',
    () => {
      const out = join(disk, 'run');
      const few = ['--arm', 'ce', '--episodes', '4', '--updates', '2', '--eval-tasks', '1'];
      expectOneLine(
        run([...few, '--out', out]),
        /The disk is full. Free some space, then continue with --resume/,
      );
      spawnSync('mount', ['-o', 'remount,size=64m', disk]);
      const { status, stderr } = run(['--out', out, '--resume']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(existsSync(join(out, 'results.json'))).toBe(true);
    },
    120_000,
  );

  // Root ignores permissions: then the program runs as another user, who must be able to read it.
  const asRoot = process.getuid?.() === 0;
  const prefix = asRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const canTry =
    !asRoot || spawnSync(prefix[0]!, [...prefix.slice(1), 'test', '-r', program]).status === 0; // prefix has setpriv

  test.runIf(canTry && process.platform !== 'win32')('a folder without write permission', () => {
    const parent = newFolder();
    const out = join(parent, 'locked');
    mkdirSync(out);
    chmodSync(parent, 0o755);
    chmodSync(out, 0o555);
    expectOneLine(run([...TINY, '--out', out], prefix), /No permission. Choose another --out/);
    expectOneLine(
      run([...TINY, '--out', join(out, 'new')], prefix),
      /No permission. Choose another --out/,
    );
    expect(readdirSync(out)).toEqual([]);
  });
});
