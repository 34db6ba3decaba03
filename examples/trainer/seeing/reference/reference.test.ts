import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { settingsTable } from '../../config/settingsTable.ts';
import { configSchema, configSchemaFile } from './configSchema.ts';
import { METRICS, metricsWithoutLine } from './metricsTable.ts';
import { referencePage, referenceRows } from './referencePage.ts';

const written = (name: string): Promise<string> =>
  readFile(new URL(`../../../../docs/reference/${name}`, import.meta.url), 'utf8');

describe('reference of the trainer', () => {
  test('the page and the schema are those of today (pnpm reference writes them)', async () => {
    expect(await written('trainer.md')).toBe(referencePage());
    expect(await written('trainer.schema.json')).toBe(configSchemaFile());
  });

  test('every setting of the command line has a line with its meaning', () => {
    const rows = referenceRows();
    expect(rows.map(({ path }) => path)).toEqual(settingsTable().map(({ path }) => path));
    expect(rows.filter(({ node }) => !node.description).map(({ path }) => path)).toEqual([]);
  });

  test('every option that is no setting has a line too', () => {
    const [, options = ''] = referencePage().split('## Options of a run');
    for (const flag of ['--config <file>', '--control <port>', '--lora <r>', '--env <name>'])
      expect(options.split('## Settings')[0]).toContain(`| \`${flag}\` |`);
  });

  test('types, defaults and the names of others', () => {
    const row = referencePage()
      .split('\n')
      .find((line) => line.startsWith('| `grpo.updates`'));
    expect(row).toBe(
      '| `grpo.updates` | `--grpo.updates` | integer, 1 to 100000 | `50` | Batches of rollouts. | `max_steps` | `trainer.total_training_steps` | `max_steps` |',
    );
  });

  test('a file may leave everything out, and give lora as a number', () => {
    const { properties, required } = configSchema();
    expect(required).toBeUndefined();
    expect(properties?.grpo?.properties?.updates).toMatchObject({ type: 'integer', default: 50 });
    expect(properties?.lora?.anyOf).toHaveLength(2);
  });

  test('a metric without a line is found', () => {
    expect(metricsWithoutLine([{ stage: '1-grpo', step: 1, reward: 0, 'new/metric': 1 }])).toEqual([
      'new/metric',
    ]);
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
    expect(METRICS.filter(({ meaning, unit }) => meaning === '' || unit === '')).toEqual([]);
  });
});
