import { EfEnvError } from '../../base/errors.ts';
import { missingPeer } from '../../base/missingPeer.ts';
import type { Tool } from './tool.ts';

/** What is wrong with arguments, in words; `null` = they fit. */
type ArgumentCheck = (args: unknown) => string | null;

/** By the name of the tool. */
export type ArgumentChecks = ReadonlyMap<string, ArgumentCheck>;

/** One check per tool, by its JSON schema (2020-12), with the optional package `@cfworker/json-schema`. */
export async function schemaValidators(
  tools: readonly Pick<Tool, 'name' | 'parameters'>[],
): Promise<ArgumentChecks> {
  const { Validator } = await loadValidator();
  return new Map(
    tools.map(({ name, parameters }) => {
      const validator = new Validator(parameters, '2020-12', false);
      return [name, (args) => describe(errorsOf(name, () => validator.validate(args).errors))];
    }),
  );
}

/** @throws {EfEnvError} `option` for a schema that cannot be applied: the fault is not the policy's. */
function errorsOf(name: string, validate: () => SchemaError[]): SchemaError[] {
  try {
    return validate();
  } catch (error) {
    const { message } = error as Error; // the package throws nothing else
    throw new EfEnvError(
      'option',
      `toolEnvironment: the parameters of ${name} are no JSON schema that can be applied: ${message.split('\n')[0]}`,
      { cause: error },
    );
  }
}

interface SchemaError {
  instanceLocation: string;
  keyword: string;
  error: string;
}

/** Enough to mend a call; one wrong value can break dozens of rules. */
const SHOWN_ERRORS = 3;

/** Keywords that only report that something below them is wrong. */
const PARENTS = new Set([
  '$ref',
  'additionalItems',
  'additionalProperties',
  'allOf',
  'items',
  'patternProperties',
  'prefixItems',
  'properties',
]);

function describe(errors: readonly SchemaError[]): string | null {
  if (errors.length === 0) return null;
  const broken = errors.filter(({ keyword }) => !PARENTS.has(keyword));
  return broken.slice(0, SHOWN_ERRORS).map(inWords).join(' ');
}

function inWords({ instanceLocation, keyword, error }: SchemaError): string {
  const place = instanceLocation.slice(1) || 'arguments';
  return `${place}: ${keyword === 'false' ? 'There is no such argument.' : error}`;
}

async function loadValidator(): Promise<typeof import('@cfworker/json-schema')> {
  try {
    return await import('@cfworker/json-schema');
  } catch (error) {
    throw missingPeer(error, '@cfworker/json-schema', 'toolEnvironment');
  }
}
