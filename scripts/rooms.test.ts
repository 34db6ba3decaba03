import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
    owner = name === '' ? owner : name;
    return { owner, rooms: quoted(rooms), files: quoted(files) };
  });
const source = (name: string): string => join(repositoryRoot, 'packages', name, 'src');

describe('the table of rooms in the architecture page', () => {
  test.each(rows.filter(({ owner, rooms }) => owner !== 'each' && rooms.length > 0))(
    '$owner: $rooms have the files to read first',
    ({ owner, rooms, files }) => {
      for (const [i, room] of rooms.entries())
        expect(existsSync(join(source(owner), room, files[i] ?? 'no file is named'))).toBe(true);
    },
  );

  test.each(['tensor-gpu', 'qwen3', 'grpo', 'mol-loss', 'ef-env'])(
    '%s has no room that it leaves out',
    (name) => {
      const told = rows
        .filter(({ owner }) => owner === name || owner === 'each')
        .flatMap(({ rooms }) => rooms);
      const rooms = readdirSync(source(name), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name);
      expect(rooms.filter((room) => !told.includes(room))).toEqual([]);
    },
  );
});
