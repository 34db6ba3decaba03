import {
  type Environment,
  type Random,
  type Segment,
  type TypescriptCompiler,
  type TypescriptTask,
  typescriptCompiler,
  typescriptEnvironment,
} from '@molrl/ef-env';
import { spoken } from '../start.ts';

/** What a program may call; nothing in a question says what each takes. */
const FUNCTIONS = { add: 'number', say: 'string', ask: 'boolean', cut: 'number', put: 'string' };
type Name = keyof typeof FUNCTIONS;
const NAMES = Object.keys(FUNCTIONS) as Name[]; // of the literal

/** Arguments of each kind. The compiler puts its mark on the argument: of a declaration it would be on the name, before the mistake. */
const ARGUMENTS = ['7', '"up"', 'true'];

/** The compiler that knows the functions. It is yours: dispose of it. */
export const callsCompiler = (): TypescriptCompiler =>
  typescriptCompiler({
    globals: NAMES.map((name) => `declare function ${name}(value: ${FUNCTIONS[name]}): void;`).join(
      '\n',
    ),
  });

/** A program of calls, in the order asked for. 1 when it compiles. */
export const calls = (compiler: TypescriptCompiler): Environment<TypescriptTask> =>
  typescriptEnvironment({ compiler, feedback: 'none' });

const drawn = (count: number, random: Random): Name[] =>
  Array.from({ length: count }, () => random.choice(NAMES));

export const callsTask =
  (count: number) =>
  (random: Random): TypescriptTask => ({ prompt: drawn(count, random).join(' ') });

/** The form, with arguments of any kind: what the model knows before. Of `n` calls one program in 3^n compiles. */
export function anyCalls(count: number, random: Random): Segment[] {
  const names = drawn(count, random);
  const lines = names.map((name) => `${name}(${random.choice(ARGUMENTS)});`);
  return spoken([names.join(' '), ['```ts', ...lines, '```'].join('\n')]);
}
