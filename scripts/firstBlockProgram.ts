import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { markdownBlocks } from './docBlocks.ts';

/**
 * The first program of a README as a JavaScript module that ends its process: what a reader who has installed the package
 * would paste.
 *
 * @throws {Error} if there is none.
 */
export function firstBlockProgram(readme: string): string {
  const [block] = markdownBlocks(readme, readFileSync(readme, 'utf8'));
  if (block === undefined) throw new Error(`firstBlockProgram: ${readme} has no ts block.`);
  const { outputText } = ts.transpileModule(block.code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  return `${outputText}\nprocess.exit(0); // workers may wait\n`;
}
