import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from './repositoryRoot.ts';

/** Rows of the table of rooms: package, rooms and the file to read first in each. */
const page = readFileSync(join(repositoryRoot, 'docs/architecture.md'), 'utf8');
const section = page.slice(page.indexOf('## The rooms'), page.indexOf('## One training step'));
const quoted = (cell: string): string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, text]) => text!); // the group is not optional
let owner = '';
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| package'))
  .map((line) => {
    const [, name = '', rooms = '', , files = ''] = line.split('|').map((cell) => cell.trim());
    owner = name === '' ? owner : name.split(' ')[0]!; // split gives at least one part
    return { owner, rooms: quoted(rooms), files: quoted(files) };
  });
const source = (name: string): string =>
  name === 'trainer'
    ? join(repositoryRoot, 'examples/trainer')
    : join(repositoryRoot, 'packages', name, 'src');

/** Folders with sources, at any depth. Programs that are brought as text have no order of their own. */
function roomsOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) =>
      /^(?!.*(?:fixtures|__snapshots__|programs)\/).*\/.*(?<!\.test)\.ts$/.test(file),
    );
  return [...new Set(files.map(dirname))];
}

describe('the table of rooms in the architecture page', () => {
  test.each(rows.filter(({ owner, rooms }) => owner !== 'each' && rooms.length > 0))(
    '$owner: $rooms have the files to read first',
    ({ owner, rooms, files }) => {
      for (const [i, room] of rooms.entries())
        expect(existsSync(join(source(owner), room, files[i] ?? 'no file is named'))).toBe(true);
    },
  );

  test.each(['tensor-gpu', 'qwen3', 'grpo', 'mol-loss', 'ef-env', 'trainer'])(
    '%s has no room that it leaves out',
    (name) => {
      const told = rows
        .filter(({ owner }) => owner === name || owner === 'each')
        .flatMap(({ rooms }) => rooms);
      expect(roomsOf(source(name)).filter((room) => !told.includes(room))).toEqual([]);
    },
  );
});

/** Files and folders of the repository, from its root, with forward slashes. */
const paths = ['packages', 'examples', 'docs', 'scripts', 'conformance', 'bench'].flatMap((top) => [
  top,
  ...readdirSync(join(repositoryRoot, top), { recursive: true, encoding: 'utf8' })
    .map((path) => `${top}/${path.replaceAll('\\', '/')}`)
    .filter((path) => !path.includes('node_modules')),
]);
const atRoot = readdirSync(repositoryRoot);
const isThere = (path: string): boolean =>
  atRoot.includes(path) || paths.some((known) => known === path || known.endsWith(`/${path}`));

/** Rooms by package, the lowest floor first. */
const { FLOORS }: { FLOORS: Record<string, string[][]> } = await import(
  pathToFileURL(join(repositoryRoot, '.dependency-cruiser.mjs')).href
);

/** What the recipes of CONTRIBUTING add: the folder it goes to is there. */
const NEW = /softClip|geglu|fractions|<name>/;

describe('the floors that the lint holds', () => {
  const rooms = Object.entries(FLOORS).flatMap(([name, floors]) =>
    floors.flat().map((room) => [name, room.replace(/\/$/, '')] as const),
  );

  test.each(rooms)('%s has the room %s', (name, room) => {
    expect(existsSync(join(source(name), room))).toBe(true);
  });

  test.each(Object.keys(FLOORS))(
    'no file of %s but those beside index.ts lies off them',
    (name) => {
      const on = rooms.filter(([owner]) => owner === name).map(([, room]) => room);
      const files = readdirSync(source(name), { recursive: true, encoding: 'utf8' })
        .map((file) => file.replaceAll('\\', '/'))
        .filter((file) => file.endsWith('.ts') && file.includes('/'));
      expect(files.filter((file) => !on.some((room) => file.startsWith(`${room}/`)))).toEqual([]);
    },
  );
});

describe.each(['CONTRIBUTING.md', 'docs/architecture.md', 'examples/README.md'])('%s', (file) => {
  const text = readFileSync(join(repositoryRoot, file), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
  const named = quoted(text).filter(
    (words) => /^[\w./<>-]+(?:\.(?:ts|mjs|json|c|md)|\/)$/.test(words) && !words.startsWith('.'),
  );

  test.each([...new Set(named)])('names what is there: %s', (path) => {
    const bare = path.replace(/\/$/, '');
    const place = NEW.test(dirname(bare)) ? dirname(dirname(bare)) : dirname(bare);
    expect(isThere(NEW.test(bare) ? place : bare)).toBe(true);
  });
});
