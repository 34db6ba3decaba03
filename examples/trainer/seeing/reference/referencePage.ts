import { createCommand } from '../../config/commandLine.ts';
import { kebab } from '../../config/kebab.ts';
import { settingsTable } from '../../config/settingsTable.ts';
import { configSchema, type SchemaNode } from './configSchema.ts';
import { METRICS } from './metricsTable.ts';

/** One setting as the page shows it. */
export interface ReferenceRow {
  path: string;
  type: string;
  fallback: string;
  node: SchemaNode;
}

/** Every setting of the schema, in its order. */
export const referenceRows = (): ReferenceRow[] => rowsOf(configSchema(), '');

function rowsOf(group: SchemaNode, prefix: string): ReferenceRow[] {
  return Object.entries(group.properties ?? {}).flatMap(([name, given]) => {
    const node = given.anyOf?.find(({ properties }) => properties) ?? given;
    if (node.properties) return rowsOf(node, `${prefix}${name}.`);
    const fallback = shown(node.default);
    return [{ path: `${prefix}${name}`, type: typeOf(node), fallback, node }];
  });
}

const shown = (value: unknown): string => (value === undefined ? '' : String(value)); // lists: a,b

function typeOf(node: SchemaNode): string {
  if (node.enum) return node.enum.map((name) => `\`${name}\``).join(' ');
  if (node.items) return `list of ${typeOf(node.items)}`;
  const { type = 'any', minimum, exclusiveMinimum, maximum } = node;
  const low = exclusiveMinimum === undefined ? minimum : `> ${exclusiveMinimum}`;
  return low === undefined ? type : `${type}, ${low} to ${maximum ?? '∞'}`;
}

/** docs/reference/trainer.md. */
export function referencePage(): string {
  return `# Reference of the trainer

Made by \`pnpm reference\` from the schema of the settings and the table of metrics; a test fails when it is stale.
\`npm run train -- --help\` says the same in short. As JSON Schema: [trainer.schema.json](trainer.schema.json); a configuration in JSON may name it in \`"$schema"\`.

## Options of a run

These are no settings: they decide nothing of the outcome and are in no configuration. \`--lora\` and \`--env\` are short for the settings \`lora.r\` and \`environment\`.

${table(['option', 'meaning'], optionsOfRun())}

## Settings

On the command line a setting is its flag, in a file \`grpo: { updates: 50 }\`. A setting of a stage may be written without it: \`--updates\` is that of the last training stage. \`--lora 16\` is \`lora: { r: 16 }\`.
TRL, verl, prime-rl: what the same setting is called there.

${table(
  ['setting', 'flag', 'type', 'default', 'meaning', 'TRL', 'verl', 'prime-rl'],
  referenceRows().map(({ path, type, fallback, node }) => [
    ...[code(path), code(flagOf(path)), type, code(fallback)],
    ...[node.description ?? '', code(node.trl), code(node.verl), code(node.primeRl)],
  ]),
)}

## Metrics

One line of \`metrics.jsonl\` for each update and each evaluation: \`stage\` (its place and name, \`2-grpo\`), \`step\` (updates of that stage that were done), and what was measured. TensorBoard, W&B and trackio have them as \`grpo/reward\`, \`sft/loss\`, \`eval/accuracy\` over the updates of the whole run.

${table(
  ['metric', 'unit', 'meaning', 'TRL', 'verl', 'prime-rl'],
  METRICS.map(({ name, unit, meaning, trl, verl, primeRl }) => [
    ...[code(name), unit, meaning, code(trl), code(verl), code(primeRl)],
  ]),
)}
`;
}

function optionsOfRun(): string[][] {
  const settings = new Set(settingsTable().map(({ path }) => flagOf(path)));
  return createCommand()
    .options.filter(({ long, hidden }) => !hidden && !settings.has(long ?? ''))
    .map(({ flags, description }) => [code(flags), description]);
}

const flagOf = (path: string): string => `--${path.split('.').map(kebab).join('.')}`;

const code = (text: string | undefined): string => (text ? `\`${text}\`` : '');

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
