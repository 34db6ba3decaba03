import { z } from 'zod';
import { withDefaults } from '../../config/defaults.ts';
import { trainerSchema } from '../../config/schema.ts';

/** A node of the JSON Schema, as far as it is read here. */
export interface SchemaNode {
  type?: string;
  description?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  items?: SchemaNode;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  default?: unknown;
  anyOf?: SchemaNode[];
  trl?: string;
  verl?: string;
  primeRl?: string;
}

/**
 * JSON Schema of a configuration file as a person writes it: every setting may be left out, and has its default beside it.
 * Editors complete and check a file that has `"$schema"`.
 */
export function configSchema(): SchemaNode {
  const schema = z.toJSONSchema(trainerSchema) as SchemaNode; // of an object
  return partly(schema, withDefaults({}, false));
}

function partly(node: SchemaNode, defaults: unknown): SchemaNode {
  const { required, properties, ...rest } = node;
  if (!properties) return defaults === undefined ? rest : { ...rest, default: defaults };
  const values = (defaults ?? {}) as Record<string, unknown>; // a group's defaults
  const entries = Object.entries(properties).map(([name, inner]): [string, SchemaNode] => {
    const own = partly(inner, values[name]);
    return [
      name,
      name === 'lora'
        ? { description: own.description ?? '', anyOf: [{ type: 'integer' }, own] }
        : own,
    ];
  });
  return { ...rest, properties: Object.fromEntries(entries) };
}

/** The file's content. */
export function configSchemaFile(): string {
  const { properties, ...schema } = configSchema();
  const $schema = { type: 'string', description: 'Where this schema stands, for editors.' };
  return `${JSON.stringify({ ...schema, properties: { $schema, ...properties } }, null, 2)}\n`;
}
