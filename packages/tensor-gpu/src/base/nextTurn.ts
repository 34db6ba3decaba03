/** Node's, which comes before timers; browsers have none. */
const { setImmediate: soon = (turn: () => void) => setTimeout(turn, 0) } = globalThis as {
  setImmediate?: (turn: () => void) => unknown;
};

/** Lets the event loop turn once. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => soon(resolve));
