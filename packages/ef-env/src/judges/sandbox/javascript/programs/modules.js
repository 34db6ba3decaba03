// biome-ignore-all lint/suspicious/noShadowRestrictedNames: the built-ins as they are before the program replaces them
// biome-ignore-all lint/suspicious/noSelfCompare: NaN, without a built-in that the program could replace
// biome-ignore-all lint/suspicious/noDoubleEquals: what assert.equal asks
/**
 * Source of a function for the interpreter: what of Node's `process`, `require` and modules programs use to read input
 * and to print, on the text of standard input alone; nothing of it reaches the host.
 *
 * Streams and `readline` give their lines from a timer, as Node does it after the program's own code; a line that
 * nobody asked for yet waits.
 *
 * Its argument: `print(stream, text)`, `later(run)`, `inspect`, `format`. Its result: the three, `namesOf(module)` for
 * imports, `setInput`, `beMain`, `exitCode()`, which is `null` before `process.exit`.
 */
export function modules(tools) {
  const { print, later, inspect, format } = tools;
  const {
    Error,
    TypeError,
    Promise,
    Object,
    Map,
    String,
    Symbol,
    Number,
    BigInt,
    Buffer,
    performance,
    queueMicrotask,
  } = globalThis;
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } =
    globalThis;
  let text = '';
  const EXIT = Object.freeze({ __proto__: null, toString: () => 'process.exit' });
  let exit = null;

  class EventEmitter {
    #heard = new Map();
    on(name, run) {
      if (typeof run !== 'function')
        throw new TypeError(
          'The "listener" argument must be of type function. Received ' + inspect(run),
        );
      this.#heard.set(name, [...(this.#heard.get(name) ?? []), run]);
      /** @type {any} */ (this).onListen?.(name);
      return this;
    }
    once(name, run) {
      const only = (...args) => {
        this.off(name, only);
        run.apply(this, args);
      };
      only.listener = run;
      return this.on(name, only);
    }
    off(name, run) {
      this.#heard.set(
        name,
        (this.#heard.get(name) ?? []).filter((one) => one !== run && one.listener !== run),
      );
      return this;
    }
    emit(name, ...args) {
      const all = this.#heard.get(name) ?? [];
      if (all.length === 0 && name === 'error') throw args[0];
      for (const run of all) run.apply(this, args);
      return all.length > 0;
    }
    listeners(name) {
      return [...(this.#heard.get(name) ?? [])];
    }
    listenerCount(name) {
      return (this.#heard.get(name) ?? []).length;
    }
    removeAllListeners(name) {
      if (name === undefined) this.#heard.clear();
      else this.#heard.delete(name);
      return this;
    }
    setMaxListeners() {
      return this;
    }
    addListener(name, run) {
      return this.on(name, run);
    }
    removeListener(name, run) {
      return this.off(name, run);
    }
  }
  EventEmitter.EventEmitter = EventEmitter;
  EventEmitter.once = (emitter, name) =>
    new Promise((done) => emitter.once(name, (...args) => done(args)));

  // ---- standard input
  let taken = false; // by whoever reads the stream
  const take = () => {
    const rest = taken ? '' : text;
    taken = true;
    return rest;
  };
  class Stdin extends EventEmitter {
    fd = 0;
    isTTY = undefined;
    #encoding = null;
    #flows = false;
    #ready = false;
    setEncoding(encoding) {
      this.#encoding = encoding ?? 'utf8';
      return this;
    }
    onListen(name) {
      if (name === 'data') this.resume();
      else if (name === 'readable' || name === 'end' || name === 'close')
        later(() => this.#announce());
    }
    #announce() {
      if (this.#flows || this.#ready || this.listenerCount('readable') === 0) return;
      this.#ready = true;
      this.emit('readable');
      if (!taken) return; // nobody called read()
      this.emit('readable');
      this.#end();
    }
    resume() {
      if (this.#flows) return this;
      this.#flows = true;
      later(() => {
        const chunk = this.read();
        if (chunk !== null) this.emit('data', chunk);
        this.#end();
      });
      return this;
    }
    #end() {
      this.emit('end');
      this.emit('close');
    }
    read() {
      const rest = take();
      if (rest === '') return null;
      return this.#encoding === null ? Buffer.from(rest) : rest;
    }
    pause() {
      return this;
    }
    unref() {
      return this;
    }
    ref() {
      return this;
    }
    pipe(to) {
      this.on('data', (chunk) => to.write(String(chunk)));
      return to;
    }
    async *[Symbol.asyncIterator]() {
      const chunk = this.read();
      if (chunk !== null) yield chunk;
    }
  }
  const stdin = new Stdin();

  const asText = (data) => {
    if (typeof data === 'string') return data;
    return data instanceof Uint8Array ? Buffer.from(data).toString() : null;
  };
  class Output extends EventEmitter {
    isTTY = undefined;
    constructor(fd, name) {
      super();
      this.fd = fd;
      this.write = (data, encoding, done) => {
        const shown = asText(data);
        if (shown === null)
          throw new TypeError(
            'The "chunk" argument must be of type string or an instance of Buffer or Uint8Array. Received ' +
              inspect(data),
          );
        if (exit === null && shown !== '') print(name, shown);
        const called = typeof encoding === 'function' ? encoding : done;
        if (typeof called === 'function') later(called);
        return true;
      };
      this.end = (data) => {
        if (data !== undefined) this.write(data);
      };
    }
    cork() {}
    uncork() {}
  }
  const stdout = new Output(1, 'stdout');
  const stderr = new Output(2, 'stderr');

  // ---- readline
  class Interface extends EventEmitter {
    /** @type {string[] | null} */
    #lines = null;
    /** @type {((answer: any) => void) | null} */
    #ask = null;
    #iterates = false;
    #pending = false;
    #paused = false;
    closed = false;
    #output;
    #prompt = '> ';
    constructor(options = {}) {
      super();
      this.#output = options.output;
      this.#schedule();
    }
    onListen() {
      this.#schedule();
    }
    #read() {
      if (this.#lines !== null) return this.#lines;
      const lines = take().split(/\r\n|\n|\r/);
      if (lines[lines.length - 1] === '') lines.pop();
      lines.reverse();
      this.#lines = lines;
      return lines;
    }
    #schedule() {
      if (this.#pending || this.closed) return;
      this.#pending = true;
      later(() => {
        this.#pending = false;
        this.#pump();
      });
    }
    #pump() {
      if (this.#iterates || this.#paused || this.closed) return;
      const lines = this.#read();
      while (!this.closed && !this.#paused && lines.length > 0) {
        if (this.#ask !== null) {
          const ask = this.#ask;
          this.#ask = null;
          ask(lines.pop());
        } else if (this.listenerCount('line') > 0) this.emit('line', lines.pop());
        else if (this.listenerCount('close') > 0) lines.length = 0;
        else return; // until somebody asks
      }
      if (!this.#paused && this.#ask === null) this.close();
      else if (this.#ask !== null && lines.length === 0) this.close();
    }
    question(query, options, done) {
      const answer = typeof options === 'function' ? options : done;
      if (this.closed) throw new Error('readline was closed');
      this.#output?.write(String(query));
      this.#ask = answer;
      this.#schedule();
    }
    prompt() {
      this.#output?.write(this.#prompt);
      this.resume();
    }
    setPrompt(prompt) {
      this.#prompt = prompt;
    }
    write() {}
    pause() {
      this.#paused = true;
      return this;
    }
    resume() {
      this.#paused = false;
      this.#schedule();
      return this;
    }
    close() {
      if (this.closed) return;
      this.closed = true;
      this.emit('close');
    }
    async *[Symbol.asyncIterator]() {
      this.#iterates = true;
      const lines = this.#read();
      try {
        while (lines.length > 0) yield lines.pop();
      } finally {
        this.close();
      }
    }
  }
  const createInterface = (input, output) =>
    new Interface(
      output === undefined && input && !(input instanceof EventEmitter) ? input : { input, output },
    );
  class AskingInterface extends Interface {
    /** @override */
    question(query) {
      return new Promise((done) => super.question(query, done));
    }
  }
  const readlinePromises = {
    createInterface: (options) => new AskingInterface(options),
    Interface: AskingInterface,
  };
  const readline = {
    createInterface,
    Interface,
    promises: readlinePromises,
    clearLine: () => true,
    cursorTo: () => true,
    moveCursor: () => true,
    emitKeypressEvents: () => {},
  };

  // ---- files: standard input and output alone
  const STDIN = [0, '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];
  const missing = (call, path) => {
    const error = new Error(
      'ENOENT: no such file or directory, ' + call + " '" + String(path) + "'",
    );
    return Object.assign(error, { errno: -2, code: 'ENOENT', syscall: call, path });
  };
  const encodingIn = (options) => (typeof options === 'string' ? options : options?.encoding);
  let position = 0;
  let bytes = null;
  const fs = {
    readFileSync(path, options) {
      if (!STDIN.includes(path)) throw missing('open', path);
      const encoding = encodingIn(options);
      if (/^utf-?8$/i.test(encoding)) return text;
      const all = Buffer.from(text);
      return encoding === undefined || encoding === null ? all : all.toString(encoding);
    },
    // biome-ignore lint/complexity/useMaxParams: Node's signature
    readSync(fd, buffer, offset = 0, length = buffer.length - offset) {
      if (fd !== 0) throw missing('read', fd);
      bytes ??= Buffer.from(text);
      let count = 0;
      for (; count < length && position < bytes.length; count++)
        buffer[offset + count] = bytes[position++];
      return count;
    },
    openSync(path) {
      if (!STDIN.includes(path)) throw missing('open', path);
      return 0;
    },
    closeSync() {},
    fstatSync: () => ({ size: Buffer.byteLength(text), isFile: () => false }),
    writeSync(fd, data) {
      const to = { 1: stdout, 2: stderr }[fd];
      if (to === undefined) throw missing('write', fd);
      to.write(typeof data === 'string' || data instanceof Uint8Array ? data : String(data));
      return Buffer.byteLength(asText(data) ?? String(data));
    },
    writeFileSync(path, data) {
      const fd = { 1: 1, 2: 2, '/dev/stdout': 1, '/dev/stderr': 2 }[path];
      if (fd === undefined)
        throw Object.assign(missing('open', path), {
          code: 'EROFS',
          message: "EROFS: read-only file system, open '" + String(path) + "'",
        });
      fs.writeSync(fd, data);
    },
    existsSync: (path) => STDIN.includes(path),
    readFile(path, options, done) {
      const called = typeof options === 'function' ? options : done;
      let result;
      try {
        result = fs.readFileSync(path, typeof options === 'function' ? undefined : options);
      } catch (error) {
        return later(() => called(error));
      }
      later(() => called(null, result));
    },
    createReadStream(path) {
      if (!STDIN.includes(path)) throw missing('open', path);
      return stdin;
    },
    createWriteStream: () => stdout,
    constants: {},
  };
  fs.promises = {
    readFile: async (path, options) => fs.readFileSync(path, options),
    writeFile: async (path, data) => fs.writeFileSync(path, data),
  };

  // ---- process
  const process = Object.assign(new EventEmitter(), {
    argv: ['node', '/program.js'],
    argv0: 'node',
    execArgv: [],
    env: {},
    exitCode: undefined,
    pid: 1,
    platform: 'linux',
    arch: 'x64',
    title: 'node',
    version: 'v20.20.2',
    versions: { node: '20.20.2' },
    release: { name: 'node' },
    stdin,
    stdout,
    stderr,
    exit(code) {
      exit ??= Number(code ?? process.exitCode ?? 0) || 0;
      throw EXIT;
    },
    cwd: () => '/',
    uptime: () => performance.now() / 1000,
    nextTick(run, ...args) {
      queueMicrotask(() => run(...args));
    },
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    hrtime: Object.assign(
      (since = [0, 0]) => {
        const all = performance.now() * 1e6 - since[0] * 1e9 - since[1];
        return [Math.floor(all / 1e9), Math.floor(all % 1e9)];
      },
      { bigint: () => BigInt(Math.round(performance.now() * 1e6)) },
    ),
    emitWarning(warning) {
      print('stderr', '(node) ' + String(warning) + '\n');
    },
  });

  // ---- the rest
  class AssertionError extends Error {
    constructor(message, actual, expected) {
      super(message);
      Object.assign(this, { code: 'ERR_ASSERTION', actual, expected });
    }
  }
  Object.defineProperty(AssertionError.prototype, 'name', {
    value: 'AssertionError',
    writable: true,
    configurable: true,
  });
  const isSame = (a, b) =>
    inspect(a) === inspect(b) &&
    Object.is(typeof a, typeof b) &&
    JSON.stringify(a) === JSON.stringify(b);
  const hold = (holds, message, { usual, a, b }) => {
    if (holds) return;
    if (message instanceof Error) throw message;
    throw new AssertionError(message ?? usual, a, b);
  };
  const strictEqual = (a, b, message) =>
    hold(Object.is(a, b), message, {
      usual: 'Expected values to be strictly equal:\n\n' + inspect(a) + ' !== ' + inspect(b) + '\n',
      a,
      b,
    });
  const deepEqual = (a, b, message) =>
    hold(isSame(a, b), message, {
      usual:
        'Expected values to be strictly deep-equal:\n' +
        inspect(a) +
        '\n\nshould loosely deep-equal\n\n' +
        inspect(b),
      a,
      b,
    });
  const ok = (value, message) =>
    hold(value, message, { usual: 'The expression evaluated to a falsy value', a: value, b: true });
  const assert = Object.assign((value, message) => ok(value, message), {
    AssertionError,
    ok,
    strictEqual,
    deepEqual,
    deepStrictEqual: deepEqual,
    equal: (a, b, message) =>
      hold(a == b || (a !== a && b !== b), message, {
        usual: inspect(a) + ' == ' + inspect(b),
        a,
        b,
      }),
    notEqual: (a, b, message) =>
      hold(a != b, message, { usual: inspect(a) + ' != ' + inspect(b), a, b }),
    notStrictEqual: (a, b, message) =>
      hold(!Object.is(a, b), message, {
        usual: 'Expected "actual" to be strictly unequal to: ' + inspect(b),
        a,
        b,
      }),
    notDeepStrictEqual: (a, b, message) =>
      hold(!isSame(a, b), message, {
        usual: 'Expected "actual" not to be strictly deep-equal to: ' + inspect(b),
        a,
        b,
      }),
    throws(run, ...rest) {
      let threw = false;
      try {
        run();
      } catch {
        threw = true;
      }
      hold(threw, typeof rest[rest.length - 1] === 'string' ? rest[rest.length - 1] : undefined, {
        usual: 'Missing expected exception.',
        a: undefined,
        b: undefined,
      });
    },
    fail(message) {
      hold(false, message, { usual: 'Failed', a: undefined, b: undefined });
    },
  });
  Object.assign(assert, { strict: assert });
  const util = {
    inspect,
    format,
    isDeepStrictEqual: isSame,
    TextEncoder: globalThis.TextEncoder,
    TextDecoder: globalThis.TextDecoder,
    promisify:
      (run) =>
      (...args) =>
        new Promise((done, failed) =>
          run(...args, (error, value) => (error ? failed(error) : done(value))),
        ),
    inherits: (child, parent) => Object.setPrototypeOf(child.prototype, parent.prototype),
    types: {},
  };
  const sleep = (ms, value) => new Promise((done) => setTimeout(() => done(value), ms));
  const modules = {
    __proto__: null,
    fs,
    'fs/promises': fs.promises,
    readline,
    'readline/promises': readlinePromises,
    process,
    assert,
    'assert/strict': assert,
    util,
    events: EventEmitter,
    buffer: { Buffer, atob: globalThis.atob, btoa: globalThis.btoa },
    perf_hooks: { performance },
    os: { EOL: '\n', cpus: () => [], platform: () => 'linux', tmpdir: () => '/tmp' },
    timers: { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate },
    'timers/promises': { setTimeout: sleep, setImmediate: (value) => sleep(0, value) },
  };
  const require = (name) => {
    const plain = String(name).startsWith('node:') ? String(name).slice(5) : name;
    if (typeof plain === 'string' && modules[plain] !== undefined) return modules[plain];
    const error = new Error(
      "Cannot find module '" +
        String(name) +
        "': here are " +
        Object.keys(modules).join(', ') +
        ' alone',
    );
    throw Object.assign(error, { code: 'MODULE_NOT_FOUND' });
  };
  const module = {
    exports: {},
    id: '.',
    filename: '/program.js',
    loaded: false,
    children: [],
    paths: [],
  };
  require.main = undefined;
  require.cache = {};
  return {
    process,
    require,
    module,
    namesOf: (name) =>
      Object.keys(require(name)).filter(
        (key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default',
      ),
    setInput: (given) => {
      text = given;
    },
    beMain: () => {
      require.main = module;
    },
    exitCode: () => exit,
  };
}
