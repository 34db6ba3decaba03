// `npm run page`: builds the page and serves it to this machine. `-- --port 8080` chooses where, `-- --build` only builds.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4173' }, build: { type: 'boolean' } },
});
const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));
await build({ configFile, logLevel: 'error' });
if (values.build) console.log('The page is in .molrl/page: any web server can serve it.');
else {
  const server = await preview({ configFile, preview: { port: Number(values.port) } });
  server.printUrls();
}
