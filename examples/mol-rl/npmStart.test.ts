import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { runMolRl } from '../processes/molRlRuns.ts';
import { NODE_FLAGS } from '../processes/nodeFlags.ts';
import { parseOptions } from './options.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'molrl-npm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As npm leaves them: `npm start --quick --seeds=3`. */
const taken = (variables: Record<string, string>, argv: string[] = []) =>
  parseOptions(argv, { npm_lifecycle_event: 'start', ...variables });

describe('npm start without --', () => {
  test('options that npm took for itself count', () => {
    const options = taken({
      ...{ npm_config_quick: 'true', npm_config_seeds: '3', npm_config_grpo_updates: '7' },
      ...{ npm_config_arm: 'mol,base', npm_config_out: 'here', npm_config_registry: 'x' },
    });
    expect(options).toMatchObject({ quick: true, out: 'here', resume: false });
    expect(options.settings).toMatchObject({ seeds: 3, grpoUpdates: 7, arm: ['base', 'mol'] });
  });

  test('what stands behind -- wins, and --no-quick is none', () => {
    expect(taken({ npm_config_seeds: '3' }, ['--seeds', '4']).settings.seeds).toBe(4);
    expect(taken({ npm_config_quick: 'false', npm_config_resume: '' }).quick).toBe(false);
  });

  test.each(['seeds', 'out', 'learning_rate', 'config'])(
    'a value that npm lost is named: %s',
    (name) => {
      const option = `--${name.replaceAll('_', '-')}`;
      expect(() => taken({ [`npm_config_${name}`]: 'true' }, ['3'])).toThrow(
        new RegExp(`^${option}: npm kept .* npm start -- ${option} <\\w+>, or write ${option}=`),
      );
    },
  );

  test('other scripts of npm mean nothing', () => {
    expect(parseOptions([], { npm_lifecycle_event: 'test', npm_config_quick: 'true' }).quick).toBe(
      false,
    );
  });

  test('npm itself hands them on so', () => {
    const npm = (...args: string[]) =>
      spawnSync('npm', ['start', ...args], {
        ...{ cwd: root, encoding: 'utf8', shell: process.platform === 'win32' },
        env: { ...process.env, NODE_OPTIONS: '' },
      });
    const lost = npm('--seeds', '3');
    expect(lost.stderr).toContain('--seeds: npm kept this option for itself and lost its value');
    expect(lost.status).not.toBe(0);
    expect(npm('--quick', '--arm=dpo').stderr).toContain('--arm: must be of: base, grpo');
  }, 120_000);
});

describe('a reader that leaves', () => {
  test('ends the run quietly with exit code 0, saved, and it can be resumed', async () => {
    const out = join(folder, 'piped');
    const few = ['--arm', 'base,ce', '--episodes', '2', '--updates', '1', '--eval-tasks', '1'];
    const argv = [...few, '--out', out];
    const program = join(root, 'examples', 'mol-rl', 'main.ts');
    const child = spawn(process.execPath, [...NODE_FLAGS, program, ...argv]);
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.once('data', () => child.stdout.destroy()); // as head does
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(existsSync(join(out, 'job.json'))).toBe(true);
    expect(existsSync(join(out, 'results.json'))).toBe(false);
    const begun = join(out, 'runs', '0-base', 'checkpoints', 'checkpoint-0-0.bin');
    expect(existsSync(begun)).toBe(true);
    const resumed = await runMolRl(['--out', out, '--resume']);
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(out, 'results.json'))).toBe(true);
  }, 120_000);
});
