// Above 300 lines because it is one program text, run inside the interpreter.

import { JAVASCRIPT_BYTES } from './javascriptBytes.ts';
import { JAVASCRIPT_INSPECT } from './javascriptInspect.ts';
import { JAVASCRIPT_LOCALE } from './javascriptLocale.ts';
import { JAVASCRIPT_MODULES } from './javascriptModules.ts';
import { JAVASCRIPT_SORT } from './javascriptSort.ts';

/**
 * Source of a function for the interpreter, run before each program: `(write, limit) => tools`. It gives the
 * program `console` and the timers, and the worker the tools below. All of them keep the built-ins they use,
 * so nothing a program replaces changes how its results and errors are read; getters and proxies that run
 * while they are read run on the program's time.
 *
 * - `call(name, json, names)`: calls what `names` (a path, as JSON) leads to, in the program's scope or its exports: a
 *   promise of `[result as JSON or null, result as text or null]`, as JSON.
 * - `describe(thrown)`: `[name or null, message, stack, names of its constructors]` as JSON.
 * - `tick()`: runs the next timer; `false` when there is none. Time is virtual: no timer waits. Throws what a
 *   micro-task threw.
 * - `read(json)`: the parsed text, which becomes standard input. Texts cross as JSON: no NUL, no lone surrogate.
 * - `scope`: what the program sees without being global, and `hand`, to which its last line gives its own scope; `close`
 *   ends that, with the exports of a module. `namesOf(module)`; `exitCode()`, -1 before `process.exit`.
 */
const PRELUDE = String.raw`(write, limit) => {
  'use strict';
  const inspect = ${JAVASCRIPT_INSPECT};
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const { apply, getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
  const { parse, stringify } = JSON;
  const { parseInt, parseFloat, Number: number, String: text, TypeError: WrongType, Error: AnyError } = globalThis;
  const slice = uncurry(String.prototype.slice);
  const includes = uncurry(String.prototype.includes);
  const bigint = BigInt;
  const splitLines = uncurry(String.prototype.split);
  const joinLines = uncurry(Array.prototype.join);
  const isPrototypeOf = uncurry(Object.prototype.isPrototypeOf);
  const errorPrototype = AnyError.prototype;

  function format(args) {
    if (args.length === 1 && typeof args[0] === 'string') return args[0];
    let out = '';
    let next = 0;
    if (typeof args[0] === 'string') {
      const template = slice(args[next++], 0, limit + 1);
      for (let i = 0; i < template.length; i++) {
        const c = template[i + 1];
        if (template[i] !== '%' || c === undefined) out += template[i];
        else if (c === '%') (out += '%'), i++;
        else if (next < args.length && DIRECTIVES[c] !== undefined) (out += DIRECTIVES[c](args[next++])), i++;
        else out += '%';
      }
      if (next < args.length) out += ' ';
    }
    for (; next < args.length; next++) {
      out += typeof args[next] === 'string' ? args[next] : inspect(args[next]);
      if (next + 1 < args.length) out += ' ';
    }
    return out;
  }
  const convert = (value, to) => typeof value === 'bigint' ? text(value) + 'n' : typeof value === 'symbol' || typeof value === 'object' ? 'NaN' : inspect(to(value));
  const DIRECTIVES = {
    __proto__: null,
    s: (value) => (typeof value === 'string' || typeof value === 'function' ? text(value) : inspect(value)),
    d: (value) => convert(value, number),
    i: (value) => convert(value, parseInt),
    f: (value) => (typeof value === 'symbol' ? 'NaN' : inspect(parseFloat(value))),
    j: (value) => stringify(value),
    o: inspect,
    O: inspect,
    c: () => '',
  };

  let indent = '';
  let ended = () => false; // by process.exit
  function put(stream, shown) {
    if (!ended()) write(stream, stringify(shown.length > limit ? slice(shown, 0, limit + 1) : shown));
  }
  function print(stream, args) {
    let line = format(args);
    if (line.length > limit) line = slice(line, 0, limit + 1);
    if (indent !== '') line = indent + joinLines(splitLines(line, '\n'), '\n' + indent);
    put(stream, line + '\n');
  }
  const out = (...args) => print('stdout', args);
  const err = (...args) => print('stderr', args);
  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  define('console', {
    log: out,
    info: out,
    debug: out,
    error: err,
    warn: err,
    trace: (...args) => err('Trace:', ...args),
    dir: (value) => out(inspect(value)),
    table: out,
    assert: (holds, ...args) => {
      if (!holds) err('Assertion failed' + (args.length > 0 ? ':' : ''), ...args);
    },
    group: (...args) => {
      if (args.length > 0) out(...args);
      indent += '  ';
    },
    groupEnd: () => {
      indent = slice(indent, 2);
    },
    time: () => {},
    timeEnd: () => {},
  });

  // QuickJS's own class, of a stack that is too deep: programs look for a RangeError
  if (typeof InternalError === 'function') Object.setPrototypeOf(InternalError.prototype, RangeError.prototype);

  const timers = { __proto__: null };
  let lastTimer = 0;
  let now = 0;
  const start = (run, delay, args, every) => {
    if (typeof run !== 'function') throw new WrongType('The timer needs a function');
    const wait = number(delay) > 0 ? number(delay) : 0;
    timers[++lastTimer] = { run, args, at: now + wait, every: every ? wait || 1 : 0, __proto__: null };
    return lastTimer;
  };
  const stop = (id) => {
    delete timers[id];
  };
  define('setTimeout', (run, delay, ...args) => start(run, delay, args, false));
  define('setInterval', (run, delay, ...args) => start(run, delay, args, true));
  define('setImmediate', (run, ...args) => start(run, 0, args, false));
  define('clearTimeout', stop);
  define('clearInterval', stop);
  define('clearImmediate', stop);
  let uncaught = null; // what a micro-task threw: no promise of the program holds it
  if (typeof queueMicrotask === 'undefined') {
    const then = uncurry(Promise.prototype.then);
    const done = Promise.resolve();
    define('queueMicrotask', (run) => {
      if (typeof run !== 'function') throw new WrongType('queueMicrotask needs a function');
      void then(then(done, () => run()), undefined, (error) => void (uncaught ??= { error, __proto__: null }));
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

  /* PARTS */
  const tools = { print: put, later: (run) => start(run, 0, [], false), inspect, format: (...args) => format(args) };
  const node = /* MODULES */;
  ended = () => node.exitCode() !== null;

  // what the host's markedJson writes for a BigInt, and for a text that begins with NUL
  const unmark = (key, value) => {
    if (typeof value !== 'string' || value[0] !== '\0') return value;
    return value[1] === 'n' ? bigint(slice(value, 2)) : '\0' + slice(value, 2);
  };
  // functions that give what a task may name, from the scope of the program
  let reach = null;
  const ownMethod = (made, name) => {
    const method = made[name];
    return typeof method === 'function' ? (...args) => apply(method, made, args) : method;
  };
  const isFunction = (value) => typeof value === 'function';
  function find(root, path) {
    let missing = null;
    let found;
    try {
      found = reach?.entry();
    } catch (error) {
      missing = error;
    }
    const { exports } = node.module;
    if (!isFunction(found) && path.length === 0) {
      let solution;
      try {
        solution = reach?.solution();
      } catch {}
      if (isFunction(exports?.[root])) found = exports[root];
      else if (isFunction(exports)) found = exports;
      else if (isFunction(exports?.default)) found = exports.default;
      else if (isFunction(solution?.prototype?.[root])) found = ownMethod(new solution(), root);
      else if (missing !== null) throw missing;
    } else if (missing !== null) throw missing;
    for (let i = 0; i < path.length; i++) {
      const isClass = isFunction(found) && found[path[i]] === undefined;
      found = ownMethod(isClass ? new found() : found, path[i]);
    }
    return found;
  }

  async function call(name, json, names) {
    const [root, ...path] = parse(names);
    const fn = find(root, path);
    if (typeof fn !== 'function') throw new WrongType(name + ' is not a function');
    const value = await apply(fn, undefined, includes(json, '\\u0000') ? parse(json, unmark) : parse(json));
    let hasBig = false;
    let result = null;
    try {
      result = stringify(oneByOne(value), (key, item) => {
        if (typeof item === 'bigint' || (typeof item === 'number' && item % 1 === 0 && (item > safe || item < -safe) && item < 1e21 && item > -1e21)) {
          hasBig = true;
          return MARK + text(bigint(item));
        }
        return typeof item === 'object' && item !== null ? plainOf(item) : item;
      });
    } catch (error) {
      if (!isPrototypeOf(WrongType.prototype, error)) throw error; // TypeError: cyclic
    }
    if (hasBig) result = replace(result, MARKED, '$1');
    const plain = typeof result === 'string' && (typeof value !== 'number' || (value === value && value - value === 0));
    return '[' + stringify(typeof result === 'string' ? result : value === undefined ? 'null' : null) + ',' + (plain ? 'null' : stringify(cut(inspect(value)))) + ']';
  }

  // Digits that JSON has and numbers have not; a text of the program's own that looks like it is read as a number
  const safe = 2 ** 53 - 1;
  const MARK = '\0digits:';
  const MARKED = /"\\u0000digits:(-?\d+)"/g;
  const replace = uncurry(String.prototype.replace);
  const mapPrototype = Map.prototype;
  const setPrototype = Set.prototype;
  const eachOfMap = uncurry(Map.prototype.forEach);
  const eachOfSet = uncurry(Set.prototype.forEach);
  const isMap = uncurry(getOwnPropertyDescriptor(Map.prototype, 'size').get);
  const isSet = uncurry(getOwnPropertyDescriptor(Set.prototype, 'size').get);
  const { isView } = ArrayBuffer;
  const { iterator } = Symbol;
  const holdsBrand = (check, value) => {
    try {
      check(value);
      return true;
    } catch {
      return false;
    }
  };
  // sets and typed arrays are lists, maps are objects
  function plainOf(value) {
    if (isPrototypeOf(mapPrototype, value) && holdsBrand(isMap, value)) {
      const made = { __proto__: null };
      eachOfMap(value, (item, key) => void (made[key] = item));
      return made;
    }
    const list = [];
    if (isPrototypeOf(setPrototype, value) && holdsBrand(isSet, value)) eachOfSet(value, (item) => void (list[list.length] = item));
    else if (isView(value) && typeof value.length === 'number') for (let i = 0; i < value.length; i++) list[i] = value[i];
    else return value;
    return list;
  }
  // generators and other iterators
  function oneByOne(value) {
    if (typeof value !== 'object' || value === null || typeof value.next !== 'function' || typeof value[iterator] !== 'function') return value;
    const list = [];
    for (const item of value) list[list.length] = item;
    return list;
  }

  const cut = (string) => (string.length > 4000 ? slice(string, 0, 2000) + ' ... ' + slice(string, -2000) : string);
  const attempt = (read, otherwise) => {
    try {
      const value = read();
      return typeof value === 'string' ? value : otherwise;
    } catch {
      return otherwise;
    }
  };
  const owns = (object, key) => getOwnPropertyDescriptor(object, key) !== undefined;
  function describe(thrown) {
    const isError = typeof thrown === 'object' && thrown !== null && attempt(() => (isPrototypeOf(errorPrototype, thrown) ? 'yes' : ''), '') === 'yes';
    if (!isError) {
      const message = typeof thrown === 'string' ? thrown : attempt(() => inspect(thrown), 'an object that cannot be shown');
      return '[null,' + stringify(cut(message)) + ',"",[]]';
    }
    const named = attempt(() => thrown.name, 'Error');
    const inherited = !owns(thrown, 'name') && !owns(getPrototypeOf(thrown), 'name'); // the class gave itself none
    const name = (inherited && attempt(() => thrown.constructor.name, '')) || named;
    const message = attempt(() => thrown.message, '');
    const stack = attempt(() => thrown.stack, '');
    let constructors = '';
    for (let object = thrown; object !== null && object !== errorPrototype; object = getPrototypeOf(object)) {
      const maker = getOwnPropertyDescriptor(object, 'constructor')?.value;
      constructors += (constructors === '' ? '' : ',') + stringify(cut(attempt(() => maker.name, '')));
    }
    return '[' + stringify(cut(name)) + ',' + stringify(cut(message)) + ',' + stringify(cut(stack)) + ',[' + constructors + ']]';
  }

  const { process, require, module } = node;
  let isOpen = true;
  const scope = {
    process, require, module, exports: module.exports,
    hand: (given) => {
      if (isOpen) reach = given;
    },
  };
  return {
    call, describe, tick, scope,
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
    namesOf: (name) => joinLines(node.namesOf(name), ','),
    exitCode: () => node.exitCode() ?? -1,
  };
}`;

/** Large parts, and the names without which no program can use them: parsing them takes longer than most programs run. */
const PARTS = {
  sort: { source: `(${JAVASCRIPT_SORT})();`, names: /sort/i },
  locale: { source: `(${JAVASCRIPT_LOCALE})();`, names: /locale|Intl/i },
  bytes: {
    source: `(${JAVASCRIPT_BYTES})(define);`,
    names: /structuredClone|performance|Text(?:En|De)coder|atob|btoa|Buffer|require|process|import/,
  },
};
const MODULES = /require|process|module|exports?\b|import/;
const NO_MODULES =
  '{ module: { exports: {} }, exitCode: () => null, setInput() {}, beMain() {}, namesOf: () => [] }';

/** The prelude with the parts that `code`, of the program and its test, can use. */
export function javascriptPrelude(code: string): string {
  const parts = Object.values(PARTS).filter(({ names }) => names.test(code));
  const modules = MODULES.test(code) ? `(${JAVASCRIPT_MODULES})(tools)` : NO_MODULES;
  return PRELUDE.replace('/* PARTS */', () => parts.map(({ source }) => source).join('\n')).replace(
    '/* MODULES */',
    () => modules,
  );
}
