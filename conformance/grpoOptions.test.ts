import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const read = (path: string) => readFileSync(here(path), 'utf8');

interface TrlConfig {
  fields: Record<'GRPOConfig' | 'GMPOConfig' | 'RLOOConfig', Record<string, unknown>>;
}
const { fields } = JSON.parse(read('fixtures/losses/trl_grpo_config.json')) as TrlConfig;
const readme = read('../packages/grpo/README.md');

/** TRL's own fields come after those of transformers' `TrainingArguments`, of which `local_rank` is the last. */
function split(config: keyof TrlConfig['fields']) {
  const names = Object.keys(fields[config]);
  const last = names.indexOf('local_rank');
  expect(last).toBeGreaterThan(0);
  return { inherited: names.slice(0, last + 1), own: names.slice(last + 1) };
}

/** Rows of the table whose head starts with `first`, as cells. */
function tableAfter(first: string): string[][] {
  const start = readme.indexOf(`\n| ${first} |`);
  expect(start, `the table '${first}'`).toBeGreaterThan(0);
  const lines = readme.slice(start + 1).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) => line.split('|').slice(1, -1));
}

const identifiers = (cell = '') =>
  [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, code]) => code!.match(/[A-Za-z]\w*/g) ?? []);

const options = tableAfter('here');
const counterparts = options.flatMap(([, trl]) => identifiers(trl));
const leftOut = tableAfter('TRL 1.16').flatMap(([names]) => identifiers(names));

describe("the option tables of packages/grpo's README", () => {
  test.each(['GRPOConfig', 'GMPOConfig', 'RLOOConfig'] as const)(
    'name every field of %s: with its counterpart, or as left out with the reason',
    (config) => {
      const { own } = split(config);
      const named = new Set([...counterparts, ...leftOut]);
      expect(own.filter((field) => !named.has(field))).toEqual([]);
    },
  );

  test('no field is both, and every one that is left out has a reason', () => {
    expect(leftOut.filter((field) => counterparts.includes(field))).toEqual([]);
    for (const [names, reason] of tableAfter('TRL 1.16'))
      expect(reason?.trim(), names).toMatch(/\w+/);
  });

  test('what is called TRL is in TRL', () => {
    /** Arguments and batch entries of TRL's trainer that are no fields of its configuration. */
    const elsewhere = ['num_items_in_batch', 'num_processes', 'completion_mask', 'tool_mask'];
    const known = new Set(
      Object.values(fields)
        .flatMap((config) => Object.keys(config))
        .concat(elsewhere),
    );
    expect([...counterparts, ...leftOut].filter((field) => !known.has(field))).toEqual([]);
    expect(split('GRPOConfig').inherited.filter((field) => counterparts.includes(field))).toEqual([
      'gradient_accumulation_steps',
      'average_tokens_across_devices',
    ]);
  });

  test('every name in the first column is in our source', () => {
    const folder = here('../packages/grpo/src');
    const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('.test'))
      .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
      .join('\n');
    const ours = options.flatMap(([name]) => identifiers(name));
    expect(ours.length).toBeGreaterThan(40);
    expect(ours.filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([]);
  });
});
