import { type FunctionDeclaration, parse as parseProgram } from 'acorn';
import type { UserFunction } from '../backend/userKernel.ts';
import { TensorGpuError } from '../base/errors.ts';
import { shadowedVariable } from './shadowedVariable.ts';

/** How gpu.js runs a kernel: compiled to WebAssembly, or as plain JavaScript. */
export type KernelMode = 'wasm' | 'cpu';

/** Source text of a kernel and of its gradients. */
export interface KernelSource {
  forward: string;
  gradient: string[] | undefined;
}

/** A function that becomes a kernel. */
interface KernelBody {
  name: string;
  kind: 'element' | 'row';
  inputs: readonly string[];
  // biome-ignore lint/complexity/noBannedTypes: any function will do, only its text is read
  body: Function;
}

const PLACE = ['row', 'column', 'rows', 'width'];
const PARAMETERS = /^(?:async\s+)?(?:function\b)?\s*[\w$]*\s*\(([^)]*)\)\s*(?:=>)?\s*/;
const LONE_PARAMETER = /^([\w$]+)\s*=>\s*/;

/** A function's parameters and its syntax tree. @throws {TensorGpuError} `option` if it cannot be read. */
export function userFunction(name: string, body: KernelBody['body']): UserFunction {
  const { parameters, statements } = parse(name, body);
  const text = `function kernel(${parameters.join(', ')}) {${statements}}`;
  const program = parseProgram(text, { ecmaVersion: 'latest' }); // `kernelSource` read it before
  return { parameters, body: (program.body[0] as FunctionDeclaration).body }; // the one statement of the text
}

/** Names of a function's parameters. */
export function kernelParameters(name: string, body: KernelBody['body']): string[] {
  return parse(name, body).parameters;
}

/**
 * The text of a gpu.js kernel that computes `body` at its place: the parameters become variables, the
 * rest of the body is taken as it stands.
 *
 * @throws {TensorGpuError} `option` if the function cannot be read, or has a variable that hides another.
 */
export function kernelSource(kernel: KernelBody): string {
  const text = sourceText(kernel);
  let shadowed: string | null;
  try {
    shadowed = shadowedVariable(text);
  } catch (cause) {
    throw new TensorGpuError(
      'option',
      `defineKernel: a function of ${kernel.name} cannot be read: ${(cause as Error).message}. Write it as plain JavaScript.`, // a SyntaxError
      { cause },
    );
  }
  if (shadowed === null) return text;
  throw new TensorGpuError(
    'option',
    `defineKernel: a function of ${kernel.name} declares '${shadowed}' in a block where another '${shadowed}' is visible. gpu.js's WebAssembly mode keeps both in one place. Rename the inner one.`,
  );
}

function sourceText({ name, kind, inputs, body }: KernelBody): string {
  const { parameters, statements } = parse(name, body);
  const places = kind === 'row' ? PLACE : [];
  if (parameters.length > inputs.length + places.length) {
    throw new TensorGpuError(
      'option',
      `defineKernel: a function of ${name} must take (${[...inputs, ...places].join(', ')}), got (${parameters.join(', ')}).`,
    );
  }
  const given = inputs.map((_, i) => parameters[i] ?? `unused_${i}`);
  if (kind === 'element') {
    const read = given.map((parameter) => `let ${parameter} = in_${parameter}[this.thread.x];`);
    return `function kernel(${given.map((parameter) => `in_${parameter}`)}) { ${read.join(' ')} ${statements} }`;
  }
  const [row, column, rows = 'rows_', width = 'width_'] = parameters.slice(inputs.length);
  const places_ = [
    row && `let ${row} = this.thread.y;`,
    column && `let ${column} = this.thread.x;`,
  ];
  return `function kernel(${[...given, rows, width]}) { ${places_.filter(Boolean).join(' ')} ${statements} }`;
}

function parse(
  name: string,
  body: KernelBody['body'],
): { parameters: string[]; statements: string } {
  const text = body.toString().trim();
  const head = PARAMETERS.exec(text) ?? LONE_PARAMETER.exec(text);
  const parameters = (head?.[1] ?? '')
    .split(',')
    .map((parameter) => parameter.trim())
    .filter(Boolean);
  if (head === null || !parameters.every((parameter) => /^[A-Za-z_$][\w$]*$/.test(parameter))) {
    throw new TensorGpuError(
      'option',
      `defineKernel: a function of ${name} must be a plain function or arrow function with simple parameters, got: ${text.slice(0, 80)}`,
    );
  }
  const rest = text.slice(head[0].length);
  const statements = rest.startsWith('{')
    ? rest.slice(1, rest.lastIndexOf('}'))
    : `return ${rest};`;
  return { parameters, statements };
}
