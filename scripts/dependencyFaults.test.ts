import { describe, expect, test } from 'vitest';
import { dependencyFaults, type Manifest } from './dependencyFaults.ts';

const ADDRESS = 'https://example.org/molrl';
const named = (short: string, more: Partial<Manifest> = {}): Manifest => ({
  name: `@molrl/${short}`,
  license: 'Apache-2.0',
  description: 'What it does.',
  keywords: ['a', 'b', 'c'],
  homepage: `${ADDRESS}/tree/main/packages/${short}#readme`,
  repository: { type: 'git', url: `git+${ADDRESS}.git`, directory: `packages/${short}` },
  bugs: `${ADDRESS}/issues`,
  ...more,
});
const grpo = named('grpo');
const lock = 'packages:\n  a@1.0.0:\n    resolution: {integrity: sha512-AA==}\n';

describe('dependencyFaults', () => {
  test('a manifest with what the table allows has no fault', () => {
    const tensorGpu = named('tensor-gpu', {
      dependencies: { '@tensorflow/tfjs-backend-cpu': '4.22.0' },
      peerDependencies: { '@tensorflow/tfjs-core': '^4.22.0', koffi: '^3.0.0' },
      peerDependenciesMeta: { koffi: { optional: true } },
    });
    expect(dependencyFaults([grpo, tensorGpu], lock, ADDRESS)).toEqual([]);
  });

  test('ef-env may have its optional packages, and none of them as a requirement', () => {
    const efEnv = named('ef-env', {
      peerDependencies: { hyparquet: '^1.0.0' },
      peerDependenciesMeta: { hyparquet: { optional: true } },
    });
    expect(dependencyFaults([efEnv], lock, ADDRESS)).toEqual([]);
    expect(dependencyFaults([{ ...efEnv, peerDependenciesMeta: {} }], lock, ADDRESS)).toEqual([
      "@molrl/ef-env: peer 'hyparquet' is not allowed. Allowed: none.",
    ]);
  });

  test('grpo may not depend on anything', () => {
    expect(
      dependencyFaults([{ ...grpo, dependencies: { 'gpu.js': '2.24.1' } }], lock, ADDRESS),
    ).toEqual(["@molrl/grpo: dependency 'gpu.js' is not allowed. Allowed: none."]);
  });

  test('a required koffi, an install script and a missing licence are named', () => {
    const { license: _, ...bad } = named('tensor-gpu', {
      peerDependencies: { koffi: '^3.0.0' },
      scripts: { postinstall: 'node build.js' },
    });
    expect(dependencyFaults([bad], lock, ADDRESS)).toEqual([
      "@molrl/tensor-gpu: peer 'koffi' is not allowed. Allowed: @tensorflow/tfjs-core.",
      "@molrl/tensor-gpu: script 'postinstall' would run on the consumer's machine. Remove it.",
      '@molrl/tensor-gpu: license must be Apache-2.0, got undefined.',
    ]);
  });

  test('what npm shows must be there, and name one address', () => {
    const other = {
      type: 'git',
      url: 'git+https://example.org/fork.git',
      directory: 'packages/grpo',
    };
    const { bugs: _, ...bad } = named('grpo', { repository: other, keywords: [] });
    expect(dependencyFaults([bad], lock, ADDRESS)).toEqual([
      '@molrl/grpo: repository must be {"type":"git","url":"git+https://example.org/molrl.git","directory":"packages/grpo"}.',
      '@molrl/grpo: bugs must be "https://example.org/molrl/issues".',
      '@molrl/grpo: keywords must name at least three.',
    ]);
  });

  test('a download address in the lock file and a package without a rule are faults', () => {
    const address = `${lock}    resolution: {tarball: https://example.org/a.tgz}\n`;
    expect(dependencyFaults([named('new')], address, ADDRESS)).toEqual([
      '@molrl/new: not listed in scripts/dependencyFaults.ts. Add what it may depend on.',
      'pnpm-lock.yaml: holds a download address: resolution: {tarball: https://example.org/a.tgz}',
    ]);
  });
});
