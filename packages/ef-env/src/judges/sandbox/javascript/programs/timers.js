// biome-ignore-all lint/complexity/useMathMinMax: NaN is 0
/**
 * Gives programs timers, in virtual time: none waits.
 *
 * @returns `later(run)`; `tick()` runs the next timer, `false` when there is none, and throws what a micro-task threw.
 */
export function timersProgram({ define }) {
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const { apply } = Reflect;
  const { Number: number, TypeError: WrongType } = globalThis;

  const timers = { __proto__: null };
  let lastTimer = 0;
  let now = 0;
  const start = (run, { delay, args, every }) => {
    if (typeof run !== 'function') throw new WrongType('The timer needs a function');
    const wait = number(delay) > 0 ? number(delay) : 0;
    const again = every ? wait || 1 : 0;
    timers[++lastTimer] = { run, args, at: now + wait, every: again, __proto__: null };
    return lastTimer;
  };
  const stop = (id) => {
    delete timers[id];
  };
  define('setTimeout', (run, delay, ...args) => start(run, { delay, args, every: false }));
  define('setInterval', (run, delay, ...args) => start(run, { delay, args, every: true }));
  define('setImmediate', (run, ...args) => start(run, { delay: 0, args, every: false }));
  define('clearTimeout', stop);
  define('clearInterval', stop);
  define('clearImmediate', stop);

  let uncaught = null; // what a micro-task threw: no promise of the program holds it
  const keepFirst = (error) => {
    uncaught ??= { error, __proto__: null };
  };
  if (typeof queueMicrotask === 'undefined') {
    const then = uncurry(Promise.prototype.then);
    const done = Promise.resolve();
    define('queueMicrotask', (run) => {
      if (typeof run !== 'function') throw new WrongType('queueMicrotask needs a function');
      const ran = then(done, () => run());
      void then(ran, undefined, keepFirst);
    });
  }

  function tick() {
    if (uncaught !== null) throw uncaught.error;
    let first = null;
    for (const id in timers) if (first === null || timers[id].at < timers[first].at) first = id;
    if (first === null) return false;
    const timer = timers[first];
    now = timer.at;
    if (timer.every > 0) timer.at += timer.every;
    else delete timers[first];
    apply(timer.run, undefined, timer.args);
    return true;
  }
  return { tick, later: (run) => start(run, { delay: 0, args: [], every: false }) };
}
