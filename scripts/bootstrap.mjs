// Behind `npm start`, `npm run train`, `npm run page`, `npm test` and their kind: installs the workspace with the pinned pnpm when that is needed,
// then runs the main job or the tests. The main job needs the `dependencies` only (75 MB), tests and page all
// (500 MB). Plain JavaScript without imports from node_modules, because it runs before there are any.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockFile = join(root, 'pnpm-lock.yaml');
const stampFile = join(root, 'node_modules', '.molrl-installed');

/** Oldest Node that the packages are tested on; package.json says the same in `engines`. */
const OLDEST_NODE = [20, 19];

const program =
  (...path) =>
  (args) => [
    '--conditions=@molrl/source',
    '--import',
    pathToFileURL(join(root, 'scripts', 'load.mjs')).href,
    join(root, 'examples', ...path),
    ...args,
  ];

const COMMANDS = {
  start: program('mol-rl', 'main.ts'),
  train: program('trainer', 'main.ts'),
  doctor: program('trainer', 'seeing', 'doctor', 'main.ts'),
  report: program('trainer', 'seeing', 'report', 'main.ts'),
  microscope: program('trainer', 'seeing', 'microscope', 'main.ts'),
  chat: program('chat.ts'),
  compare: program('compare', 'main.ts'),
  base: program('pretrain.ts'),
  eval: program('trainer', 'eval.ts'),
  worker: program('trainer', 'workers', 'worker', 'main.ts'),
  page: program('browser', 'main.ts'),
  test: (args) => [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args],
};

/** Commands that need the `devDependencies`: the others start with a sixth of the bytes. */
const WITH_TOOLS = ['test', 'page'];

function main() {
  // `npm start | head`: whoever read the output has gone while it was being installed.
  process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const [name, ...rest] = process.argv.slice(2);
  if (!COMMANDS[name])
    fail(`bootstrap: unknown command '${name ?? ''}'. Known: ${Object.keys(COMMANDS).join(', ')}.`);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
    fail(
      `MoL-RL needs Node ${OLDEST_NODE.join('.')} or newer, this is ${process.versions.node}. ` +
        `Install a newer Node (https://nodejs.org), or try \`npx node@24 scripts/bootstrap.mjs ${name}\`.`,
    );
  const withTools = WITH_TOOLS.includes(name);
  if (!isInstalled(withTools)) install(withTools || hasTools());
  // `pnpm start -- --quick` hands the `--` on to the script, `npm start -- --quick` does not.
  if (rest[0] === '--') rest.shift();
  run(COMMANDS[name](rest));
}

function lockDigest() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

/** True after our own installation of this lock file, or after a `pnpm install` newer than it. */
function isInstalled(withTools) {
  if (withTools && !hasTools()) return false;
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockDigest()) return true;
  const pnpmCopy = join(root, 'node_modules', '.pnpm', 'lock.yaml');
  return existsSync(pnpmCopy) && statSync(pnpmCopy).mtimeMs >= statSync(lockFile).mtimeMs;
}

/** True when the last installation included the `devDependencies`. */
function hasTools() {
  const record = join(root, 'node_modules', '.modules.yaml');
  return existsSync(record) && /"?devDependencies"?: true/.test(readFileSync(record, 'utf8'));
}

function install(withTools) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const args = ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'];
  if (!withTools) args.splice(3, 0, '--prod');
  console.log(`Installing what it needs, once: npx ${args.slice(0, -1).join(' ')}`);
  const started = Date.now();
  const { status, error, stdout, stderr } = spawnSync('npx', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell: process.platform === 'win32', // npx is a .cmd file there
    env: { ...process.env, npm_config_loglevel: 'error', npm_config_update_notifier: 'false' },
  });
  if (error || status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
    fail(
      `The installation failed (${error ? error.message : `exit code ${status}`}); the lines above say why. ` +
        'It needs npx (part of Node) and the npm registry. Run the command again once that is mended.',
    );
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, lockDigest());
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/** Runs Node with `args` in our place: its output, its signals and its exit code are ours. */
function run(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const inTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const lastSent = {};
  const forward = (signal) => {
    // A terminal sends Ctrl-C to the child as well; npm may pass the same signal on a second time.
    if (signal === 'SIGINT' && inTerminal) return;
    if (Date.now() - (lastSent[signal] ?? 0) < 500) return;
    lastSent[signal] = Date.now();
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  child.on('error', (error) => fail(`Node could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeListener(name, forward);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

main();
