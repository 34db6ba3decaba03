/** Headers of a server whose pages may share memory with threads: without them WebAssembly computes on one. */
export const ISOLATION: Record<string, string> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
