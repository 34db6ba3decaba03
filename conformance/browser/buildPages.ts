import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { namesNode } from './namesNode.ts';

const PAGE = join(repositoryRoot, '.molrl', 'page');

/** The pages as Vite builds them. */
export interface BuiltPages {
  /** By path on the server. */
  files: Map<string, Uint8Array>;
  /** What a page may load, in whatever it names. */
  partsOf(page: string): {
    /** Of scripts that name a module of Node. */
    nodeModules: string[];
    /** Bytes of page, scripts and WebAssembly, compressed, without the shipped model. */
    compressed: number;
  };
}

export function buildPages(): BuiltPages {
  const examples = join(repositoryRoot, 'examples');
  const vite = join(examples, 'node_modules', 'vite', 'bin', 'vite.js');
  const config = join(examples, 'browser', 'vite.config.ts');
  execFileSync(process.execPath, [vite, 'build', '--config', config, '--logLevel', 'error']);
  const names = readdirSync(PAGE, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.[a-z]+$/.test(name),
  );
  const files = new Map<string, Uint8Array>(
    names.map((name) => [`/${name}`, new Uint8Array(readFileSync(join(PAGE, name)))] as const),
  );
  return {
    files,
    partsOf(page) {
      const code = reachedFrom(page, files).filter((name) => /\.(js|wasm|html|css)$/.test(name));
      return {
        nodeModules: code.filter(
          (name) => name.endsWith('.js') && namesNode(textOf(files.get(name)!)), // of them
        ),
        compressed: code.reduce((sum, name) => sum + gzipSync(files.get(name)!).length, 0), // of them
      };
    },
  };
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A page with what it names, what that names, and so on; other pages are left out. Vite's names are of one file each. */
function reachedFrom(page: string, files: ReadonlyMap<string, Uint8Array>): string[] {
  const reached = [page];
  for (const name of reached) {
    if (!/\.(js|html|css)$/.test(name)) continue;
    const text = textOf(files.get(name)!); // of them
    for (const other of files.keys()) {
      const isPart = !other.endsWith('.html') && text.includes(basename(other));
      if (isPart && !reached.includes(other)) reached.push(other);
    }
  }
  return reached;
}
