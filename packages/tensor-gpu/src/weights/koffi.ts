import { nodeRequire } from '../base/nodeRequire.ts';

/** The little of koffi that is used here (an optional peer: its own types are not needed to compile). */
export interface Koffi {
  /** `null`: what the process itself has loaded, the C library among it. */
  load(file: string | null): { func(prototype: string): (...args: unknown[]) => unknown };
  address(bytes: Uint8Array): bigint;
  view(address: bigint, length: number): ArrayBuffer;
  errno(): number;
}

/** koffi and the path that workers load it from. Throws what Node throws where it cannot be loaded. */
export function loadKoffi(): { koffi: Koffi; path: string } {
  const require = nodeRequire(import.meta.url);
  const path = require.resolve('koffi');
  return { koffi: require(path) as Koffi, path }; // require gives any
}
