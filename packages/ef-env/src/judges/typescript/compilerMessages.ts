import type { EfEnvErrorCode } from '../../base/errors.ts';

/** What a compiler is made of; the first message to its worker. */
export interface CompilerSetup {
  kind: 'setup';
  /** As in a tsconfig.json. */
  compilerOptions: Record<string, unknown>;
  /** Content of the `lib.*.d.ts` files by name; `null` = those of the package `typescript`, in Node. */
  libFiles: Record<string, string> | null;
  /** Ambient declarations. */
  globals: string;
}

export type CompilerSetupAnswer =
  | { kind: 'ready' }
  | { kind: 'refused'; code: EfEnvErrorCode; message: string };

/** A program to check. */
export interface CheckRequest {
  kind: 'check';
  code: string;
  /** Other files by name, for `import './name'`. */
  files: Record<string, string>;
  /** Code that uses the program, in a file of its own. */
  check: string | null;
}

/** A diagnostic where the compiler found it. */
export interface FoundDiagnostic {
  file: 'code' | 'check';
  code: number;
  message: string;
  /** Offset in UTF-16 units. */
  start: number;
  length: number;
}

export type CheckAnswer =
  | { kind: 'checked'; diagnostics: FoundDiagnostic[] }
  /** The program is nested deeper than the compiler's stack, or the compiler failed on it. */
  | { kind: 'too-deep' | 'crash' };
