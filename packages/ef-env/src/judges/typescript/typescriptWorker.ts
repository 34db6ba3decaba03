// Entry of the worker that typescriptCompiler starts; the package's `./typescriptWorker`.
import { workerPort } from '#platform';
import { serveCompiler } from './serveCompiler.ts';

void workerPort().then(serveCompiler);
