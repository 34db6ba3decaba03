/**
 * The function of the interpreter that is run before each program. It gives the program `console` and the timers, and
 * the worker the tools below.
 *
 * @param write - `(stream, text as JSON)`. @param limit - of the characters of a line.
 * @param programs - the functions of this folder, without the large ones that the program cannot use.
 * @returns
 * - `call`, `describe`, `tick`: see the programs of these names.
 * - `read(json)`: the parsed text, which becomes standard input. Texts cross as JSON: no NUL, no lone surrogate.
 * - `scope`: what the program sees without being global, and `hand`, to which its last line gives its own scope; `close`
 *   ends that, with the exports of a module. `namesOf(module)`; `exitCode()`, -1 before `process.exit`.
 */
export function prelude(write, limit, programs) {
  const { parse } = JSON;
  const joinNames = Function.prototype.call.bind(Array.prototype.join);
  const { defineProperty } = Object;
  const define = (name, value) =>
    defineProperty(globalThis, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  const inspect = programs.inspect();
  const { put, format, end } = programs.console({ write, limit, inspect, define });

  // QuickJS's own class, of a stack that is too deep: programs look for a RangeError
  const { InternalError } = /** @type {any} */ (globalThis);
  if (typeof InternalError === 'function')
    Object.setPrototypeOf(InternalError.prototype, RangeError.prototype);

  const { tick, later } = programs.timers({ define });
  programs.sort?.();
  programs.locale?.();
  programs.bytes?.(define);
  const node = programs.modules?.({ print: put, later, inspect, format }) ?? {
    module: { exports: {} },
    exitCode: () => null,
    setInput() {},
    beMain() {},
    namesOf: () => [],
  };
  end(() => node.exitCode() !== null);

  let reach = null;
  const cut = programs.excerpt();
  const describe = programs.describe({ inspect, cut });
  const call = programs.call({
    inspect,
    cut,
    reach: () => reach,
    exportsOf: () => node.module.exports,
  });

  const { process, require, module } = node;
  let isOpen = true;
  const scope = {
    process,
    require,
    module,
    exports: module.exports,
    hand: (given) => {
      if (isOpen) reach = given;
    },
  };
  return {
    call,
    describe,
    tick,
    scope,
    read: (json) => {
      const given = parse(json);
      node.setInput(given);
      node.beMain();
      return given;
    },
    close: (namespace) => {
      isOpen = false;
      if (typeof namespace === 'object' && namespace !== null) module.exports = namespace;
    },
    namesOf: (name) => joinNames(node.namesOf(name), ','),
    exitCode: () => node.exitCode() ?? -1,
  };
}
