import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import type { DocBlock } from './docBlocks.ts';
import { repositoryRoot } from './repositoryRoot.ts';

/** As a reader's own project: strict, Node and a browser's names; our packages from their sources. */
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['@molrl/source'],
  allowImportingTsExtensions: true,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: ['node'],
  typeRoots: [join(repositoryRoot, 'node_modules', '@types')],
  noEmit: true,
  skipLibCheck: true,
};

/**
 * Type errors of documentation blocks under `strict`, each as `file:line: message`.
 *
 * @param folder - for the modules, inside the repository, so that they find its packages. It is emptied.
 */
export function blockTypeFaults(blocks: readonly DocBlock[], folder: string): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const modules = new Map<string, DocBlock>();
  for (const [i, block] of blocks.entries()) {
    const file = join(folder, `block${i}.ts`);
    writeFileSync(file, `${block.code}\nexport {};\n`);
    modules.set(file.replaceAll('\\', '/'), block);
  }
  const program = ts.createProgram([...modules.keys()], OPTIONS);
  return [...modules].flatMap(([file, block]) => {
    const source = program.getSourceFile(file);
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return found.map(({ start = 0, messageText }) => {
      const line = block.line + (source?.getLineAndCharacterOfPosition(start).line ?? 0);
      const message = ts.flattenDiagnosticMessageText(messageText, ' ');
      return `${relative(repositoryRoot, block.file)}:${line}: ${message}`;
    });
  });
}
