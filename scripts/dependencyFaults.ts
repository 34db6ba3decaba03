import { isDeepStrictEqual } from 'node:util';

/** The fields of a package.json that decide what a consumer installs. */
export interface Manifest {
  name: string;
  license?: string;
  description?: string;
  keywords?: string[];
  homepage?: string;
  repository?: { type?: string; url?: string; directory?: string };
  bugs?: string;
  type?: string;
  private?: boolean;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** What each package may bring along; optional peers are loaded lazily and may be absent. */
const ALLOWED: Record<
  string,
  { dependencies: string[]; peers: string[]; optionalPeers: string[] }
> = {
  '@molrl/grpo': { dependencies: [], peers: [], optionalPeers: [] },
  '@molrl/mol-loss': { dependencies: [], peers: [], optionalPeers: [] },
  '@molrl/ef-env': {
    dependencies: [],
    peers: [],
    optionalPeers: [
      ...['quickjs-emscripten', 'pyodide'], // sandboxes
      ...['hyparquet', 'hyparquet-compressors', 'hyparquet-writer'], // Parquet
      ...['@cfworker/json-schema', '@cortex-js/compute-engine', 'typescript', 'ws'],
    ],
  },
  '@molrl/tensor-gpu': {
    dependencies: ['@tensorflow/tfjs-backend-cpu'],
    peers: ['@tensorflow/tfjs-core'],
    optionalPeers: ['koffi', 'webgpu'],
  },
  '@molrl/qwen3': {
    dependencies: ['@molrl/tensor-gpu', '@huggingface/tokenizers'],
    peers: ['@tensorflow/tfjs-core'],
    optionalPeers: ['@huggingface/gguf', '@huggingface/jinja'],
  },
};

/** npm runs these on the consumer's machine; a library that needs them cannot be installed with scripts off. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];

/**
 * Every way in which the manifests or the lock file break the rules of the repository.
 *
 * @param lockFile - text of pnpm-lock.yaml: it must hold integrity sums and no download addresses.
 * @param address - of the repository, as the root package.json has it: all manifests name the same.
 * @returns one sentence per fault; empty when all is in order.
 */
export function dependencyFaults(
  manifests: readonly Manifest[],
  lockFile: string,
  address: string,
): string[] {
  const unknown = manifests
    .filter(({ name }) => !(name in ALLOWED))
    .map(
      ({ name }) =>
        `${name}: not listed in scripts/dependencyFaults.ts. Add what it may depend on.`,
    );
  const addresses = [...lockFile.matchAll(/^.*(?:tarball:|https?:\/\/).*$/gm)].map(
    ([line]) => `pnpm-lock.yaml: holds a download address: ${line.trim()}`,
  );
  return [
    ...unknown,
    ...manifests.flatMap(faultsOfManifest),
    ...manifests.flatMap((manifest) => faultsOfMetadata(manifest, address)),
    ...addresses,
  ];
}

function faultsOfManifest(manifest: Manifest): string[] {
  const { name, peerDependenciesMeta = {} } = manifest;
  const allowed = ALLOWED[name];
  if (allowed === undefined) return [];
  const faults: string[] = [];
  const unexpected = (field: string, present: string[], permitted: string[]): void => {
    for (const dependency of present.filter((entry) => !permitted.includes(entry)))
      faults.push(
        `${name}: ${field} '${dependency}' is not allowed. Allowed: ${permitted.join(', ') || 'none'}.`,
      );
  };
  const peers = Object.keys(manifest.peerDependencies ?? {});
  const isOptional = (peer: string): boolean => peerDependenciesMeta[peer]?.optional === true;
  unexpected('dependency', Object.keys(manifest.dependencies ?? {}), allowed.dependencies);
  unexpected('optional dependency', Object.keys(manifest.optionalDependencies ?? {}), []);
  unexpected(
    'peer',
    peers.filter((peer) => !isOptional(peer)),
    allowed.peers,
  );
  unexpected('optional peer', peers.filter(isOptional), allowed.optionalPeers);
  for (const script of INSTALL_SCRIPTS)
    if (manifest.scripts?.[script] !== undefined)
      faults.push(`${name}: script '${script}' would run on the consumer's machine. Remove it.`);
  if (manifest.license !== 'Apache-2.0')
    faults.push(`${name}: license must be Apache-2.0, got ${manifest.license}.`);
  if (manifest.private === true) faults.push(`${name}: private packages cannot be published.`);
  return faults;
}

/** What npm's page shows of a package, and where its users turn to. */
function faultsOfMetadata({ name, ...manifest }: Manifest, address: string): string[] {
  const directory = `packages/${name.replace('@molrl/', '')}`;
  const expected = {
    repository: { type: 'git', url: `git+${address}.git`, directory },
    homepage: `${address}/tree/main/${directory}#readme`,
    bugs: `${address}/issues`,
  };
  const faults = Object.entries(expected)
    .filter(([field, value]) => !isDeepStrictEqual(manifest[field as keyof typeof expected], value)) // keys of a literal
    .map(([field, value]) => `${name}: ${field} must be ${JSON.stringify(value)}.`);
  if (!manifest.description) faults.push(`${name}: description is missing.`);
  if ((manifest.keywords?.length ?? 0) < 3)
    faults.push(`${name}: keywords must name at least three.`);
  return faults;
}
