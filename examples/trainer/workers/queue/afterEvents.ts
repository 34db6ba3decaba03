/** Node's, which comes before timers; browsers have none. */
const { setImmediate: soon = (turn: () => void) => setTimeout(turn) } = globalThis as {
  setImmediate?: (turn: () => void) => unknown;
};

/** After what has happened already was told. */
export const afterEvents = (): Promise<void> => new Promise((resolve) => void soon(resolve));
