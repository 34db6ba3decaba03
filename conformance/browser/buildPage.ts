import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { namesNode } from './namesNode.ts';

const PAGE = join(repositoryRoot, '.molrl', 'page');

/** The training page as Vite builds it. */
export interface BuiltPage {
  /** By path on the server. */
  files: Map<string, Uint8Array>;
  /** Of scripts that name a module of Node. */
  nodeModules: string[];
  /** Bytes of scripts and kernels, compressed, without the shipped model. */
  compressed: number;
}

export function buildPage(): BuiltPage {
  const examples = join(repositoryRoot, 'examples');
  const vite = join(examples, 'node_modules', 'vite', 'bin', 'vite.js');
  const config = join(examples, 'browser', 'vite.config.ts');
  execFileSync(process.execPath, [vite, 'build', '--config', config, '--logLevel', 'error']);
  const names = readdirSync(PAGE, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.[a-z]+$/.test(name),
  );
  const files = new Map(
    names.map((name) => [`/${name}`, new Uint8Array(readFileSync(join(PAGE, name)))] as const),
  );
  const isCode = (name: string): boolean => /\.(js|wasm|html|css)$/.test(name);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const all = [...files];
  return {
    files,
    nodeModules: all.flatMap(([name, bytes]) =>
      name.endsWith('.js') && namesNode(text(bytes)) ? [name] : [],
    ),
    compressed: all
      .filter(([name]) => isCode(name))
      .reduce((sum, [, bytes]) => sum + gzipSync(bytes).length, 0),
  };
}
