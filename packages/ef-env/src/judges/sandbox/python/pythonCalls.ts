/** Functions that WebAssembly imports. The engine converts arguments to the types the module declares. */
export type PythonCalls = Record<string, (...args: never[]) => unknown>;
