import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dependencyFaults, type Manifest } from './dependencyFaults.ts';
import { repositoryRoot } from './repositoryRoot.ts';

/** `pnpm check`: the manifests and the lock file keep the direction of dependence (STYLE: who may depend on whom). */
function main(): void {
  const folder = join(repositoryRoot, 'packages');
  const manifests = readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as Manifest,
  );
  const lockFile = readFileSync(join(repositoryRoot, 'pnpm-lock.yaml'), 'utf8');
  const { repository } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    repository: string;
  };
  const faults = dependencyFaults(manifests, lockFile, repository);
  for (const fault of faults) console.error(fault);
  if (faults.length === 0)
    console.log(`${manifests.length} manifests and the lock file are in order.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

main();
