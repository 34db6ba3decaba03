// `#platform` when the sources run unbuilt: the same as in Node, but the workers are TypeScript.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startWorker } from './node.ts';
import type { Platform, WorkerName } from './platform.ts';

export {
  environmentVariable,
  fileSystem,
  openPyodide,
  warn,
  webSocket,
  workerPort,
} from './node.ts';

const WORKERS: Record<WorkerName, string> = {
  javascriptWorker: '../judges/sandbox/javascript/javascriptWorker.ts',
  pythonWorker: '../judges/sandbox/python/pythonWorker.ts',
  typescriptWorker: '../judges/typescript/typescriptWorker.ts',
};

export const openWorker: Platform['openWorker'] = (name, options) => {
  const tsx = dirname(createRequire(import.meta.url).resolve('tsx/package.json'));
  const loader = JSON.stringify(pathToFileURL(join(tsx, 'dist/esm/api/index.mjs')).href);
  const file = JSON.stringify(new URL(WORKERS[name], import.meta.url).href);
  const start = `import(${loader}).then(({ register }) => { register(); return import(${file}); })`;
  return startWorker(start, options, ['--conditions=@molrl/source']);
};
