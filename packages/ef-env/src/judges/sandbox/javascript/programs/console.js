/**
 * Gives programs `console`, whose lines go to `write(stream, text as JSON)`, at most `limit` characters of each.
 *
 * @returns `format(args)`, the line of a call; `put(stream, text)`; `end(ended)`: nothing is written once `ended()` holds.
 */
export function consoleProgram({ write, limit, inspect, define }) {
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const { stringify } = JSON;
  const { parseInt: toInteger, parseFloat: toFloat, Number: number, String: text } = globalThis;
  const slice = uncurry(String.prototype.slice);
  const splitLines = uncurry(String.prototype.split);
  const joinLines = uncurry(Array.prototype.join);

  const NOTHING = { out: '', next: 0, __proto__: null };
  function fillIn(template, args) {
    let out = '';
    let next = 1;
    for (let i = 0; i < template.length; i++) {
      const c = template[i + 1];
      if (template[i] !== '%' || c === undefined) out += template[i];
      else if (c === '%') {
        out += '%';
        i++;
      } else if (next < args.length && DIRECTIVES[c] !== undefined) {
        out += DIRECTIVES[c](args[next++]);
        i++;
      } else out += '%';
    }
    if (next < args.length) out += ' ';
    return { out, next, __proto__: null };
  }
  function format(args) {
    if (args.length === 1 && typeof args[0] === 'string') return args[0];
    const first =
      typeof args[0] === 'string' ? fillIn(slice(args[0], 0, limit + 1), args) : NOTHING;
    let { out, next } = first;
    for (; next < args.length; next++) {
      out += typeof args[next] === 'string' ? args[next] : inspect(args[next]);
      if (next + 1 < args.length) out += ' ';
    }
    return out;
  }
  const convert = (value, to) => {
    if (typeof value === 'bigint') return text(value) + 'n';
    return typeof value === 'symbol' || typeof value === 'object' ? 'NaN' : inspect(to(value));
  };
  const DIRECTIVES = {
    __proto__: null,
    s: (value) =>
      typeof value === 'string' || typeof value === 'function' ? text(value) : inspect(value),
    d: (value) => convert(value, number),
    i: (value) => convert(value, toInteger),
    f: (value) => (typeof value === 'symbol' ? 'NaN' : inspect(toFloat(value))),
    j: (value) => stringify(value),
    o: inspect,
    O: inspect,
    c: () => '',
  };

  let indent = '';
  let ended = () => false; // by process.exit
  function put(stream, shown) {
    if (!ended())
      write(stream, stringify(shown.length > limit ? slice(shown, 0, limit + 1) : shown));
  }
  function print(stream, args) {
    let line = format(args);
    if (line.length > limit) line = slice(line, 0, limit + 1);
    if (indent !== '') line = indent + joinLines(splitLines(line, '\n'), '\n' + indent);
    put(stream, line + '\n');
  }
  const out = (...args) => print('stdout', args);
  const err = (...args) => print('stderr', args);
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
  const end = (given) => {
    ended = given;
  };
  return { put, format: (...args) => format(args), end };
}
