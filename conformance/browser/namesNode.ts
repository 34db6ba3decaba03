/** What Vite puts in the place of a module of Node, and what imports one. */
const NODE_MODULE =
  /__vite-browser-external|from\s*["']node:|import\s*\(?["']node:|require\(["']node:/;

/** Whether a script for browsers names a module of Node. */
export const namesNode = (script: string): boolean => NODE_MODULE.test(script);
