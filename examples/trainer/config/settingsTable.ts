import { z } from 'zod';
import { STAGES, trainerSchema } from './schema.ts';

/** One setting, as the command line shows it. */
export interface SettingRow {
  /** `grpo.learningRate` */
  path: string;
  description: string;
  kind: 'number' | 'text' | 'list' | 'flag';
}

/** Every setting of the schema, in its order. */
export function settingsTable(): SettingRow[] {
  return rowsOf(trainerSchema, '');
}

function rowsOf(group: z.ZodObject, prefix: string): SettingRow[] {
  return Object.entries(group.shape).flatMap(([name, type]) => {
    const path = `${prefix}${name}`;
    const bare = type instanceof z.ZodOptional ? type.unwrap() : type;
    if (bare instanceof z.ZodObject) return rowsOf(bare, `${path}.`);
    const { description = '' } = z.globalRegistry.get(type as z.ZodType) ?? {}; // written by `named`
    return [{ path, description, kind: kindOf(bare as z.ZodType) }];
  });
}

function kindOf(type: z.ZodType): SettingRow['kind'] {
  if (type instanceof z.ZodNumber) return 'number';
  if (type instanceof z.ZodBoolean) return 'flag';
  return type instanceof z.ZodArray ? 'list' : 'text';
}

/**
 * The group of a setting that is written without it: `--updates` is that of the last training stage.
 *
 * @returns Undefined for a setting of the whole run, and for a name that is none.
 */
export function groupOfShortName(name: string, stages: readonly string[]): string | undefined {
  const rows = settingsTable();
  if (rows.some(({ path }) => path === name)) return undefined;
  const groups = rows
    .filter(({ path }) => path.endsWith(`.${name}`))
    .map(({ path }) => path.split('.')[0]!); // has a dot
  const training = STAGES.findLast((stage) => stages.includes(stage) && stage !== 'eval');
  const order = [training, 'grpo', 'mol', 'sft', ...groups];
  return order.find((group) => group !== undefined && groups.includes(group));
}
