import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A package as the registry answers for it: npm's "packument". */
interface Packument {
  name: string;
  'dist-tags': Record<string, string>;
  versions: Record<string, { dist: { tarball: string } }>;
}

/** What `npm publish` sends. */
interface Publication extends Packument {
  _attachments: Record<string, { data: string }>;
}

/** A registry in memory that takes what npm and pnpm publish and gives it to those who install. */
export interface LocalRegistry {
  /** `http://127.0.0.1:<port>/<its own id>`; nothing outside this machine can reach it. */
  readonly origin: string;
  /** Published so far: `name@version`, in order. */
  readonly published: readonly string[];
  close(): Promise<void>;
}

/**
 * The three requests of npm's protocol that a release needs: publish, look up, fetch. Other packages come from the
 * usual registry, by scope. (Verdaccio would do, but its present versions ask for a newer Node than we do.)
 */
export async function localRegistry(): Promise<LocalRegistry> {
  const packages = new Map<string, Packument>();
  const tarballs = new Map<string, Buffer>();
  const published: string[] = [];
  const root = `/${randomUUID()}`; // npm keeps what it was told by URL: a port that comes again brings another's answers
  let origin = '';

  const publish = (sent: Publication): number => {
    const known = packages.get(sent.name) ?? { name: sent.name, 'dist-tags': {}, versions: {} };
    for (const [version, manifest] of Object.entries(sent.versions)) {
      if (known.versions[version]) return 403; // a version is published once, as on npm
      const file = `/${sent.name}/-/${sent.name.split('/').pop()}-${version}.tgz`;
      const [attachment] = Object.values(sent._attachments);
      tarballs.set(file, Buffer.from(attachment?.data ?? '', 'base64'));
      known.versions[version] = {
        ...manifest,
        dist: { ...manifest.dist, tarball: `${origin}${file}` },
      };
      published.push(`${sent.name}@${version}`);
    }
    Object.assign(known['dist-tags'], sent['dist-tags']);
    packages.set(sent.name, known);
    return 201;
  };

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://registry');
    const path = pathname.startsWith(root) ? decodeURIComponent(pathname.slice(root.length)) : '';
    const answer = (status: number, body: unknown): void => reply(response, status, body);
    if (request.method === 'PUT') {
      readJson(request).then(
        (sent) => answer(publish(sent as Publication), { ok: true }), // npm's own client sends it
        (error: Error) => answer(400, { error: error.message }),
      );
      return;
    }
    const found = tarballs.get(path) ?? packages.get(path.slice(1));
    answer(found ? 200 : 404, found ?? { error: 'not_found' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`; // it listens on a port
  return {
    origin,
    published,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const isTarball = Buffer.isBuffer(body);
  response.writeHead(status, {
    'content-type': isTarball ? 'application/octet-stream' : 'application/json',
  });
  response.end(isTarball ? body : JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
