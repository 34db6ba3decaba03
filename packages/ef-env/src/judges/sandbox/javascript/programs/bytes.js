// biome-ignore-all lint/suspicious/noShadowRestrictedNames: the built-ins as they are before the program replaces them
/**
 * Source of a function for the interpreter that gives programs what Node has and the language has not: `structuredClone`,
 * `performance`, `TextEncoder`, `TextDecoder`, `atob`, `btoa`, and of `Buffer` what reading input needs.
 */
export function bytes(define) {
  const {
    Map,
    Set,
    Date,
    RegExp,
    Error,
    TypeError,
    ArrayBuffer,
    DataView,
    Uint8Array,
    String,
    Object,
    Array,
  } = globalThis;
  const { now } = Date;
  /** @type {(value: any) => boolean} */
  const isView = ArrayBuffer.isView;
  const begun = now();
  define('performance', { now: () => now() - begun, timeOrigin: begun, mark() {}, measure() {} });

  function toUtf8(string) {
    const bytes = [];
    for (let i = 0; i < string.length; i++) {
      let c = string.codePointAt(i);
      if (c > 0xffff) i++;
      else if (c >= 0xd800 && c <= 0xdfff) c = 0xfffd;
      if (c < 0x80) bytes.push(c);
      else if (c < 0x800) bytes.push(0xc0 | (c >> 6), 0x80 | (c & 63));
      else if (c < 0x10000) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
      else
        bytes.push(
          0xf0 | (c >> 18),
          0x80 | ((c >> 12) & 63),
          0x80 | ((c >> 6) & 63),
          0x80 | (c & 63),
        );
    }
    return bytes;
  }
  // of the second byte: no overlong form, no surrogate, nothing above U+10FFFF
  const LOWEST = { __proto__: null, [0xe0]: 0xa0, [0xf0]: 0x90 };
  const HIGHEST = { __proto__: null, [0xed]: 0x9f, [0xf4]: 0x8f };
  function followersOf(first) {
    if (first < 0x80) return 0;
    if (first >= 0xc2 && first < 0xe0) return 1;
    if (first >= 0xe0 && first < 0xf0) return 2;
    return first >= 0xf0 && first < 0xf5 ? 3 : -1;
  }
  function fromUtf8(bytes) {
    const parts = [];
    let part = '';
    for (let i = 0; i < bytes.length; ) {
      const first = bytes[i++];
      const more = followersOf(first);
      let c = more === 0 ? first : first & (0x3f >> more);
      if (more < 0) c = 0xfffd;
      for (let k = 0; k < more; k++) {
        const low = (k === 0 && LOWEST[first]) || 0x80;
        const high = (k === 0 && HIGHEST[first]) || 0xbf;
        if (!(bytes[i] >= low && bytes[i] <= high)) {
          c = 0xfffd;
          break;
        }
        c = (c << 6) | (bytes[i++] & 63);
      }
      part += String.fromCodePoint(c);
      if (part.length > 8192) {
        parts.push(part);
        part = '';
      }
    }
    return parts.join('') + part;
  }
  define(
    'TextEncoder',
    class TextEncoder {
      encoding = 'utf-8';
      encode(string = '') {
        return Uint8Array.from(toUtf8(String(string)));
      }
    },
  );
  define(
    'TextDecoder',
    class TextDecoder {
      constructor(encoding = 'utf-8') {
        if (!/^utf-?8$/i.test(encoding))
          throw new RangeError('The "' + encoding + '" encoding is not supported');
        this.encoding = 'utf-8';
      }
      decode(bytes = []) {
        const view = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
        const text = fromUtf8(view);
        return text[0] === '\ufeff' ? text.slice(1) : text;
      }
    },
  );

  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  function toBase64(bytes) {
    let out = '';
    for (let i = 0; i < bytes.length; i += 3) {
      const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      out += LETTERS[word >> 18] + LETTERS[(word >> 12) & 63];
      out += i + 1 < bytes.length ? LETTERS[(word >> 6) & 63] : '=';
      out += i + 2 < bytes.length ? LETTERS[word & 63] : '=';
    }
    return out;
  }
  function fromBase64(string) {
    const bytes = [];
    let word = 0;
    let bits = 0;
    for (const letter of string.replace(/-/g, '+').replace(/_/g, '/')) {
      const at = LETTERS.indexOf(letter);
      if (at < 0) continue;
      word = ((word << 6) | at) & 0xffffff;
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      bytes.push((word >> bits) & 255);
    }
    return bytes;
  }
  const latin1 = (bytes) => Array.from(bytes, (c) => String.fromCharCode(c)).join('');
  const fromLatin1 = (string) =>
    Array.from({ length: string.length }, (_, i) => string.charCodeAt(i) & 255);
  define('btoa', (data) => {
    const string = String(data);
    if (/[^\0-\xff]/.test(string)) throw new Error('Invalid character');
    return toBase64(fromLatin1(string));
  });
  define('atob', (data) => {
    const string = String(data).replace(/[\t\n\f\r ]/g, '');
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(string))
      throw new Error('The string to be decoded is not correctly encoded.');
    return latin1(fromBase64(string));
  });

  const ENCODINGS = {
    __proto__: null,
    utf8: [toUtf8, fromUtf8],
    latin1: [fromLatin1, latin1],
    ascii: [fromLatin1, (bytes) => latin1(bytes.map((c) => c & 127))],
    base64: [fromBase64, toBase64],
    hex: [
      (string) => (string.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16)),
      (bytes) => Array.from(bytes, (c) => (c < 16 ? '0' : '') + c.toString(16)).join(''),
    ],
  };
  const encodingOf = (name = 'utf8') => {
    const known =
      ENCODINGS[String(name).toLowerCase().replace('utf-8', 'utf8').replace('binary', 'latin1')];
    if (known === undefined) throw new TypeError('Unknown encoding: ' + name);
    return known;
  };
  class Buffer extends Uint8Array {
    /** @override */
    static from(data, encoding) {
      if (typeof data === 'string') return new Buffer(encodingOf(encoding)[0](data));
      return new Buffer(data instanceof ArrayBuffer ? new Uint8Array(data) : Array.from(data));
    }
    static alloc(size, fill = 0) {
      return new Buffer(size).fill(fill);
    }
    static concat(list) {
      return new Buffer([].concat(...list.map((part) => Array.from(part))));
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static byteLength(data, encoding) {
      return typeof data === 'string' ? encodingOf(encoding)[0](data).length : data.byteLength;
    }
    /** @override */
    toString(encoding, start = 0, end = this.length) {
      return encodingOf(encoding)[1](
        start === 0 && end === this.length ? this : Array.from(this).slice(start, end),
      );
    }
    toJSON() {
      return { type: 'Buffer', data: Array.from(this) };
    }
    equals(other) {
      return this.length === other.length && this.every((c, i) => c === other[i]);
    }
  }
  define('Buffer', Buffer);

  const fault = (value) => {
    const error = new Error(
      (typeof value === 'symbol' ? value.toString() : String(value)) + ' could not be cloned.',
    );
    error.name = 'DataCloneError';
    return error;
  };
  define('structuredClone', (value) => {
    const made = new Map();
    const keep = (from, copy) => {
      made.set(from, copy);
      return copy;
    };
    const clone = (from) => {
      if (typeof from === 'function' || typeof from === 'symbol') throw fault(from);
      if (typeof from !== 'object' || from === null) return from;
      if (made.has(from)) return made.get(from);
      if (Array.isArray(from)) {
        const copy = keep(from, new Array(from.length));
        for (const key of Object.keys(from)) copy[key] = clone(from[key]);
        return copy;
      }
      if (from instanceof Date) return keep(from, new Date(from.getTime()));
      if (from instanceof RegExp) return keep(from, new RegExp(from.source, from.flags));
      if (from instanceof Map) {
        const copy = keep(from, new Map());
        for (const [key, item] of [...from]) copy.set(clone(key), clone(item));
        return copy;
      }
      if (from instanceof Set) {
        const copy = keep(from, new Set());
        for (const item of [...from]) copy.add(clone(item));
        return copy;
      }
      if (from instanceof ArrayBuffer) return keep(from, from.slice(0));
      if (isView(from)) {
        const buffer = clone(from.buffer);
        /** @type {any} */
        const Kind = from instanceof Buffer ? Uint8Array : from.constructor;
        return keep(
          from,
          new Kind(
            buffer,
            from.byteOffset,
            from instanceof DataView ? from.byteLength : from.length,
          ),
        );
      }
      if (from instanceof Error) {
        const Kind =
          { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }[from.name] ??
          Error;
        const copy = keep(from, new Kind(from.message));
        copy.stack = from.stack;
        return copy;
      }
      if (from instanceof Promise || from instanceof WeakMap || from instanceof WeakSet)
        throw fault('#<' + from.constructor.name + '>');
      if (from instanceof Number || from instanceof String || from instanceof Boolean)
        return keep(from, Object(from.valueOf()));
      const copy = keep(from, {});
      for (const key of Object.keys(from)) copy[key] = clone(from[key]);
      return copy;
    };
    return clone(value);
  });
}
