import type ts from 'typescript';
import { EfEnvError } from '../../base/errors.ts';
import type { CheckRequest, CompilerSetup, FoundDiagnostic } from './compilerMessages.ts';

/** The part of a compiler's message that is kept, characters. */
const MESSAGE_LENGTH = 1000;

const NAMES = { code: '/solution.ts', check: '/check.ts', globals: '/globals.d.ts' } as const;
const LIB = /^\/lib\/(lib\.[a-z0-9.]+)$/;

/**
 * A TypeScript compiler that sees only what it is given: no disk, no packages. The declarations of the standard
 * library are parsed once, which makes a check take milliseconds instead of a second.
 *
 * @throws {EfEnvError} `option` for compiler options it does not take or library files that are missing.
 */
export function openCompiler(
  compiler: typeof ts,
  setup: Omit<CompilerSetup, 'kind'>,
): (request: Omit<CheckRequest, 'kind'>) => FoundDiagnostic[] {
  const options = readOptions(compiler, setup.compilerOptions);
  const parse = (name: string, text: string): ts.SourceFile =>
    compiler.createSourceFile(name, text, options.target ?? compiler.ScriptTarget.ES2022);
  const kept = new Map([[NAMES.globals as string, parse(NAMES.globals, setup.globals)]]);
  const readLib = libReader(compiler, setup.libFiles);
  const missing: string[] = [];
  const keptFile = (name: string): ts.SourceFile | undefined => {
    const file = kept.get(name);
    const lib = LIB.exec(name)?.[1];
    if (file || lib === undefined) return file;
    const text = readLib(lib);
    if (text === undefined) {
      missing.push(lib);
      return undefined;
    }
    const parsed = parse(name, text);
    kept.set(name, parsed);
    return parsed;
  };
  const build = (texts: ReadonlyMap<string, string>): ts.Program => {
    const given = new Map([...texts].map(([name, text]) => [name, parse(name, text)]));
    const host = memoryHost(options, (name) => given.get(name) ?? keptFile(name));
    return compiler.createProgram([NAMES.globals, ...given.keys()], options, host);
  };

  refuseSetup(compiler, build(new Map([[NAMES.code, '']])), missing);
  return ({ code, files, check }) => {
    const texts = new Map(Object.entries(files).map(([name, text]) => [`/${name}`, text]));
    texts.set(NAMES.code, withoutSuppressions(code));
    if (check !== null) texts.set(NAMES.check, check);
    const program = build(texts);
    return [
      ...diagnosticsOf(compiler, program, 'code'),
      ...(check === null ? [] : diagnosticsOf(compiler, program, 'check')),
    ];
  };
}

function readOptions(
  compiler: typeof ts,
  compilerOptions: Record<string, unknown>,
): ts.CompilerOptions {
  const { options, errors } = compiler.convertCompilerOptionsFromJson(compilerOptions, '/');
  if (errors.length > 0) throw optionError(compiler, errors);
  return { ...options, noEmit: true };
}

/** Texts of library files: the caller's, or in Node those beside the compiler. */
function libReader(
  compiler: typeof ts,
  libFiles: Record<string, string> | null,
): (name: string) => string | undefined {
  if (libFiles) return (name) => libFiles[name];
  const system: ts.System | undefined = compiler.sys; // undefined in browsers
  if (!system) return () => undefined;
  const folder = system.getExecutingFilePath().replace(/[^/\\]*$/, '');
  return (name) => system.readFile(`${folder}${name}`);
}

function memoryHost(
  options: ts.CompilerOptions,
  find: (name: string) => ts.SourceFile | undefined,
): ts.CompilerHost {
  return {
    getSourceFile: find,
    fileExists: (name) => find(name) !== undefined,
    readFile: (name) => find(name)?.text,
    getDirectories: () => [],
    getDefaultLibFileName: () => `/lib/${options.lib?.[0] ?? 'lib.d.ts'}`,
    getDefaultLibLocation: () => '/lib',
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => {},
  };
}

/**
 * Comments that silence the compiler would earn a reward for any program: they get another name of the same
 * length.
 */
const withoutSuppressions = (code: string): string =>
  code
    .replace(/@ts-(?=nocheck|ignore|expect-error)/gi, '@no-')
    .replace(/no-default-lib/gi, 'no_default_lib');

function refuseSetup(compiler: typeof ts, program: ts.Program, missing: readonly string[]): void {
  if (missing.length > 0) {
    throw new EfEnvError(
      'option',
      `typescriptCompiler: the library file ${missing[0]} is needed and was not found. Pass libFiles: { '${missing[0]}': its text, ... }; they are in the folder lib of the package typescript.`,
    );
  }
  const errors = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
  if (errors.length > 0) throw optionError(compiler, errors);
  program.getSemanticDiagnostics(); // binds the library, once for all programs
}

function optionError(compiler: typeof ts, errors: readonly ts.Diagnostic[]): EfEnvError {
  const [first] = errors;
  const text = compiler.flattenDiagnosticMessageText(first?.messageText, '\n');
  return new EfEnvError('option', `typescriptCompiler: compilerOptions must be valid: ${text}`);
}

/** As tsc reports: a file with errors of syntax is not checked further. */
function diagnosticsOf(
  compiler: typeof ts,
  program: ts.Program,
  file: FoundDiagnostic['file'],
): FoundDiagnostic[] {
  const source = program.getSourceFile(NAMES[file]);
  const syntactic = program.getSyntacticDiagnostics(source);
  const found = syntactic.length > 0 ? syntactic : program.getSemanticDiagnostics(source);
  return found.map(({ code, messageText, start = 0, length = 0 }) => ({
    file,
    code,
    message: compiler.flattenDiagnosticMessageText(messageText, '\n').slice(0, MESSAGE_LENGTH),
    start,
    length,
  }));
}
