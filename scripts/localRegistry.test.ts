import { expect, test } from 'vitest';
import { localRegistry } from './localRegistry.ts';

const manifest = (tarball: string) => ({ name: '@trial/one', version: '1.0.0', dist: { tarball } });

test('a package is published once, looked up and fetched; two registries have no address in common', async () => {
  const [registry, other] = await Promise.all([localRegistry(), localRegistry()]);
  const path = (origin: string): string => new URL(origin).pathname;
  try {
    expect(path(registry.origin)).not.toBe(path(other.origin)); // a port may come again, its answers must not
    const sent = {
      name: '@trial/one',
      'dist-tags': { latest: '1.0.0' },
      versions: { '1.0.0': manifest('of the sender') },
      _attachments: { 'one-1.0.0.tgz': { data: Buffer.from('packed').toString('base64') } },
    };
    const put = () =>
      fetch(`${registry.origin}/@trial%2fone`, { method: 'PUT', body: JSON.stringify(sent) });
    expect((await put()).status).toBe(201);
    expect((await put()).status).toBe(403);
    expect(registry.published).toEqual(['@trial/one@1.0.0']);

    const found = await fetch(`${registry.origin}/@trial%2fone`);
    const { versions } = (await found.json()) as {
      versions: { '1.0.0': ReturnType<typeof manifest> };
    };
    expect(await (await fetch(versions['1.0.0'].dist.tarball)).text()).toBe('packed');
    expect((await fetch(`${other.origin}/@trial%2fone`)).status).toBe(404);
    const elsewhere = `${new URL(registry.origin).origin}${path(other.origin)}/@trial%2fone`;
    expect((await fetch(elsewhere)).status).toBe(404);
  } finally {
    await Promise.all([registry.close(), other.close()]);
  }
});
