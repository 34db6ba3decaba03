// Written by programTexts.test.ts from programs/*.js, whole because it is data. Do not edit.

type ProgramName =
  | 'bytes'
  | 'call'
  | 'console'
  | 'describe'
  | 'excerpt'
  | 'inspect'
  | 'locale'
  | 'modules'
  | 'prelude'
  | 'sort'
  | 'timers';

/** The functions of the interpreter as text: so they need no loader, wherever the worker is built or run. */
export const programTexts: Record<ProgramName, string> = {
  bytes: `function bytes(define) {
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
return text[0] === '\\ufeff' ? text.slice(1) : text;
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
if (/[^\\0-\\xff]/.test(string)) throw new Error('Invalid character');
return toBase64(fromLatin1(string));
});
define('atob', (data) => {
const string = String(data).replace(/[\\t\\n\\f\\r ]/g, '');
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
}`,
  call: `function callProgram({ inspect, cut, reach, exportsOf }) {
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const { apply, getOwnPropertyDescriptor } = Reflect;
const { parse, stringify } = JSON;
const { String: text, BigInt: bigint, TypeError: WrongType } = globalThis;
const slice = uncurry(String.prototype.slice);
const includes = uncurry(String.prototype.includes);
const replace = uncurry(String.prototype.replace);
const isPrototypeOf = uncurry(Object.prototype.isPrototypeOf);
const isFunction = (value) => typeof value === 'function';

const unmark = (_key, value) => {
if (typeof value !== 'string' || value[0] !== '\\0') return value;
return value[1] === 'n' ? bigint(slice(value, 2)) : '\\0' + slice(value, 2);
};
const ownMethod = (made, name) => {
const method = made[name];
return isFunction(method) ? (...args) => apply(method, made, args) : method;
};
function exported(root, missing) {
const exports = exportsOf();
let solution;
try {
solution = reach()?.solution();
} catch {}
if (isFunction(exports?.[root])) return exports[root];
if (isFunction(exports)) return exports;
if (isFunction(exports?.default)) return exports.default;
if (isFunction(solution?.prototype?.[root])) return ownMethod(new solution(), root);
if (missing !== null) throw missing;
return undefined;
}
function find(root, path) {
let missing = null;
let found;
try {
found = reach()?.entry();
} catch (error) {
missing = error;
}
if (!isFunction(found) && path.length === 0) found = exported(root, missing) ?? found;
else if (missing !== null) throw missing;
for (let i = 0; i < path.length; i++) {
const isClass = isFunction(found) && found[path[i]] === undefined;
found = ownMethod(isClass ? new found() : found, path[i]);
}
return found;
}

const safe = 2 ** 53 - 1;
const MARK = '\\0digits:';
const MARKED = /"\\\\u0000digits:(-?\\d+)"/g;
const hasDigits = (item) =>
typeof item === 'bigint' ||
(typeof item === 'number' &&
item % 1 === 0 &&
(item > safe || item < -safe) &&
item < 1e21 &&
item > -1e21);
function asJson(value) {
let hasBig = false;
let result = null;
try {
result = stringify(oneByOne(value), (_key, item) => {
if (hasDigits(item)) {
hasBig = true;
return MARK + text(bigint(item));
}
return typeof item === 'object' && item !== null ? plainOf(item) : item;
});
} catch (error) {
if (!isPrototypeOf(WrongType.prototype, error)) throw error; // TypeError: cyclic
}
return hasBig ? replace(result, MARKED, '$1') : result;
}

const mapPrototype = Map.prototype;
const setPrototype = Set.prototype;
const eachOfMap = uncurry(Map.prototype.forEach);
const eachOfSet = uncurry(Set.prototype.forEach);
const sizeOf = (prototype) => uncurry(getOwnPropertyDescriptor(prototype, 'size')?.get);
const isMap = sizeOf(Map.prototype);
const isSet = sizeOf(Set.prototype);
const isView = ArrayBuffer.isView;
const { iterator } = Symbol;
const holdsBrand = (check, value) => {
try {
check(value);
return true;
} catch {
return false;
}
};
function plainOf(value) {
if (isPrototypeOf(mapPrototype, value) && holdsBrand(isMap, value)) {
const made = { __proto__: null };
eachOfMap(value, (item, key) => {
made[key] = item;
});
return made;
}
const list = [];
if (isPrototypeOf(setPrototype, value) && holdsBrand(isSet, value)) {
eachOfSet(value, (item) => {
list[list.length] = item;
});
return list;
}
if (!isView(value) || typeof value.length !== 'number') return value;
for (let i = 0; i < value.length; i++) list[i] = value[i];
return list;
}
function oneByOne(value) {
if (typeof value !== 'object' || value === null) return value;
if (typeof value.next !== 'function' || typeof value[iterator] !== 'function') return value;
const list = [];
for (const item of value) list[list.length] = item;
return list;
}

return async function call(name, json, names) {
const [root, ...path] = parse(names);
const fn = find(root, path);
if (!isFunction(fn)) throw new WrongType(name + ' is not a function');
const args = includes(json, '\\\\u0000') ? parse(json, unmark) : parse(json);
const value = await apply(fn, undefined, args);
const result = asJson(value);
const isJson = typeof result === 'string';
const isPlain = isJson && (typeof value !== 'number' || value - value === 0); // no NaN, no infinity
const nothing = value === undefined ? '"null"' : 'null';
const written = isJson ? stringify(result) : nothing;
return '[' + written + ',' + (isPlain ? 'null' : stringify(cut(inspect(value)))) + ']';
};
}`,
  console: `function consoleProgram({ write, limit, inspect, define }) {
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
if (indent !== '') line = indent + joinLines(splitLines(line, '\\n'), '\\n' + indent);
put(stream, line + '\\n');
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
}`,
  describe: `function describeProgram({ inspect, cut }) {
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const { getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
const { stringify } = JSON;
const isPrototypeOf = uncurry(Object.prototype.isPrototypeOf);
const errorPrototype = Error.prototype;

const attempt = (read, otherwise) => {
try {
const value = read();
return typeof value === 'string' ? value : otherwise;
} catch {
return otherwise;
}
};
const owns = (object, key) => getOwnPropertyDescriptor(object, key) !== undefined;
const isError = (thrown) =>
typeof thrown === 'object' &&
thrown !== null &&
attempt(() => (isPrototypeOf(errorPrototype, thrown) ? 'yes' : ''), '') === 'yes';

return function describe(thrown) {
if (!isError(thrown)) {
const shown = () => inspect(thrown);
const message =
typeof thrown === 'string' ? thrown : attempt(shown, 'an object that cannot be shown');
return '[null,' + stringify(cut(message)) + ',"",[]]';
}
const named = attempt(() => thrown.name, 'Error');
const inherited = !owns(thrown, 'name') && !owns(getPrototypeOf(thrown), 'name'); // the class gave itself none
const name = (inherited && attempt(() => thrown.constructor.name, '')) || named;
const message = attempt(() => thrown.message, '');
const stack = attempt(() => thrown.stack, '');
let constructors = '';
for (let object = thrown; object !== null && object !== errorPrototype; ) {
const maker = getOwnPropertyDescriptor(object, 'constructor')?.value;
const makerName = stringify(cut(attempt(() => maker.name, '')));
constructors += (constructors === '' ? '' : ',') + makerName;
object = getPrototypeOf(object);
}
const shown =
stringify(cut(name)) + ',' + stringify(cut(message)) + ',' + stringify(cut(stack));
return '[' + shown + ',[' + constructors + ']]';
};
}`,
  excerpt: `function excerptProgram() {
const slice = Function.prototype.call.bind(String.prototype.slice);
return (string) =>
string.length > 4000 ? slice(string, 0, 2000) + ' ... ' + slice(string, -2000) : string;
}`,
  inspect: `function inspect() {
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const getter = (object, key) =>
uncurry(Object.getOwnPropertyDescriptor(object, key)?.get ?? (() => undefined));
const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { is } = Object;
const { min, max, round, floor, sqrt } = Math;
const { stringify } = JSON;
const text = String;
const repeat = uncurry(String.prototype.repeat);
const padStart = uncurry(String.prototype.padStart);
const padEnd = uncurry(String.prototype.padEnd);
const includes = uncurry(String.prototype.includes);
const startsWith = uncurry(String.prototype.startsWith);
const slice = uncurry(String.prototype.slice);
const toUpper = uncurry(String.prototype.toUpperCase);
const indexOf = uncurry(String.prototype.indexOf);
const matches = uncurry(RegExp.prototype.exec);
const sourceOf = uncurry(Function.prototype.toString);
const symbolText = uncurry(Symbol.prototype.toString);
const isPrototypeOf = uncurry(Object.prototype.isPrototypeOf);
const eachOfMap = uncurry(Map.prototype.forEach);
const eachOfSet = uncurry(Set.prototype.forEach);
const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype);
const typedArrayName = getter(typedArrayPrototype, Symbol.toStringTag);
const typedArrayLength = getter(typedArrayPrototype, 'length');
const toISO = uncurry(Date.prototype.toISOString);
const regexText = uncurry(RegExp.prototype.toString);
const errorPrototype = Error.prototype;
const objectPrototype = Object.prototype;
const { toStringTag } = Symbol;
const TICK = '\\x60';

const BRANDS = [
['Map', Map.prototype, getter(Map.prototype, 'size')],
['Set', Set.prototype, getter(Set.prototype, 'size')],
['Date', Date.prototype, uncurry(Date.prototype.getTime)],
['RegExp', RegExp.prototype, getter(RegExp.prototype, 'source')],
['Number', Number.prototype, uncurry(Number.prototype.valueOf)],
['String', String.prototype, uncurry(String.prototype.valueOf)],
['Boolean', Boolean.prototype, uncurry(Boolean.prototype.valueOf)],
['BigInt', BigInt.prototype, uncurry(BigInt.prototype.valueOf)],
['Symbol', Symbol.prototype, uncurry(Symbol.prototype.valueOf)],
['WeakMap', WeakMap.prototype, (value) => uncurry(WeakMap.prototype.has)(value, {})],
['WeakSet', WeakSet.prototype, (value) => uncurry(WeakSet.prototype.has)(value, {})],
];
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/;
const PLAIN = /^[^\\x00-\\x1f\\x7f'\\\\]*$/;
const INDEX = /^(?:0|[1-9][0-9]{0,9})$/;

function brandOf(value) {
for (let i = 0; i < BRANDS.length; i++) {
const { 0: name, 1: prototype, 2: check } = BRANDS[i];
if (!isPrototypeOf(prototype, value)) continue;
try {
return { name, inner: check(value) };
} catch {
return null;
}
}
return null;
}

function join(parts, separator) {
let joined = '';
for (let i = 0; i < parts.length; i++) joined += (i > 0 ? separator : '') + parts[i];
return joined;
}

function markFor(string) {
if (!includes(string, "'")) return "'";
if (!includes(string, '"')) return '"';
return includes(string, TICK) || includes(string, '$' + '{') ? "'" : TICK;
}

function quote(string) {
const mark = markFor(string);
if (matches(PLAIN, string)) return mark + string + mark;
let quoted = mark;
for (let i = 0; i < string.length; i++) {
const c = string[i];
if (c === mark || c === '\\\\') quoted += '\\\\' + c;
else if (c === '\\n') quoted += '\\\\n';
else if (c === '\\t') quoted += '\\\\t';
else if (c === '\\r') quoted += '\\\\r';
else if (c === '\\b') quoted += '\\\\b';
else if (c === '\\f') quoted += '\\\\f';
else if (c === '\\v') quoted += '\\\\v';
else if (c === '\\x7f') quoted += '\\\\x7F';
else if (c < ' ')
quoted += '\\\\x' + toUpper(slice(stringify(c), 5, 7)); // JSON writes it as four digits
else quoted += c;
}
return quoted + mark;
}

function primitive(value) {
switch (typeof value) {
case 'string':
return (
quote(value.length > 10000 ? slice(value, 0, 10000) : value) +
(value.length > 10000 ? '... ' + (value.length - 10000) + ' more characters' : '')
);
case 'bigint':
return text(value) + 'n';
case 'symbol':
return symbolText(value);
default:
return is(value, -0) ? '-0' : text(value);
}
}

function constructorName(value) {
for (let object = value; object !== null; object = getPrototypeOf(object)) {
const maker = getOwnPropertyDescriptor(object, 'constructor')?.value;
if (typeof maker === 'function') {
const name = getOwnPropertyDescriptor(maker, 'name')?.value;
if (typeof name === 'string' && name !== '') return name;
}
}
return null;
}

return function inspect(root) {
const seen = [];
const circular = [];
let indent = 0;
let deepest = 0;

function format(value, level) {
if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
if (
typeof value === 'string' &&
level > 0 &&
value.length > 16 &&
value.length > 80 - indent - 4 &&
includes(value, '\\n')
)
return splitLines(value);
return primitive(value);
}
for (let i = 0; i < seen.length; i++) {
if (seen[i] !== value) continue;
let at = 0;
while (at < circular.length && circular[at] !== value) at++;
circular[at] = value;
return '[Circular *' + (at + 1) + ']';
}
return object(value, level);
}

function splitLines(string) {
const lines = [];
let rest = string;
for (
let at = indexOf(rest, '\\n');
at >= 0 && at + 1 < rest.length;
at = indexOf(rest, '\\n')
) {
lines[lines.length] = quote(slice(rest, 0, at + 1));
rest = slice(rest, at + 1);
}
lines[lines.length] = quote(rest);
return join(lines, ' +\\n' + repeat(' ', indent + 2));
}

function object(value, level) {
const array = isArray(value);
const typed = !array && isView(value) ? typedArrayName(value) : undefined;
const list = array || typed !== undefined;
const name = constructorName(value);
const brand =
list || typeof value === 'function' || getPrototypeOf(value) === objectPrototype
? null
: brandOf(value);
const keys = shownKeys(value, list || brand?.name === 'String');
let length = array ? value.length : 0;
if (typed !== undefined) length = typedArrayLength(value);
const sized = brand?.name === 'Map' || brand?.name === 'Set' ? brand : null;
const prefix = (fallback, size) => {
const plain =
name === null ? '[' + fallback + size + ': null prototype] ' : name + size + ' ';
let tag;
try {
tag = value[toStringTag];
} catch {}
return typeof tag === 'string' && tag !== '' && tag !== name
? plain + '[' + tag + '] '
: plain;
};
let open = '{';
let base = '';
if (array) open = name === 'Array' ? '[' : prefix('Array', '(' + length + ')') + '[';
else if (typed !== undefined) open = typed + '(' + length + ') [';
else if (typeof value === 'function') base = functionBase(value, name);
else if (sized) open = prefix(sized.name, '(' + sized.inner + ')') + '{';
else if (isPrototypeOf(errorPrototype, value)) base = errorBase(value);
else if (brand) {
const written = brandBase(brand, value);
if (written === null) return level > 2 ? '[' + name + ']' : name + ' { <items unknown> }';
base = written;
} else {
const start = prefix('Object', '');
if (start !== 'Object ') open = start + '{';
}
const close = list ? ']' : '}';
const empty = keys.length === 0 && (list ? length === 0 : !sized || sized.inner === 0);
if (empty) return base !== '' ? base : open + close;
if (level > 2) return array ? '[Array]' : '[' + (name ?? 'Object: null prototype') + ']';
seen[seen.length] = value;
deepest = level;
let output = list ? items(value, length, level) : [];
if (sized) output = entries(sized.name, value, level);
for (let i = 0; i < keys.length; i++) output[output.length] = property(value, keys[i], level);
seen.length -= 1;
for (let at = 0; at < circular.length; at++) {
if (circular[at] === value) {
const mark = '<ref *' + (at + 1) + '>';
if (base !== '') base = mark + ' ' + base;
else open = mark + ' ' + open;
}
}
return layOut(output, { base, open, close }, { list: list ? value : null, level });
}

function shownKeys(value, indexed) {
const all = ownKeys(value);
const keys = [];
for (let i = 0; i < all.length; i++) {
if (indexed && typeof all[i] === 'string' && matches(INDEX, all[i])) continue;
if (getOwnPropertyDescriptor(value, all[i])?.enumerable) keys[keys.length] = all[i];
}
return keys;
}

function functionBase(value, maker) {
const name = getOwnPropertyDescriptor(value, 'name')?.value;
const named = typeof name === 'string' && name !== '';
if (startsWith(sourceOf(value), 'class')) {
const parent = getOwnPropertyDescriptor(getPrototypeOf(value) ?? {}, 'name')?.value;
return (
'[class ' + (named ? name : '(anonymous)') + (parent ? ' extends ' + parent : '') + ']'
);
}
return '[' + (maker ?? 'Function') + (named ? ': ' + name : ' (anonymous)') + ']';
}

function errorBase(value) {
let stack;
let header;
try {
stack = value.stack;
header = text(value.name) + (value.message === '' ? '' : ': ' + text(value.message));
} catch {
return '[Error]';
}
if (typeof stack !== 'string' || stack === '') return '[' + header + ']';
while (stack[stack.length - 1] === '\\n') stack = slice(stack, 0, -1);
return header + '\\n' + stack;
}

function brandBase({ name, inner }, value) {
if (name === 'Date') return inner === inner ? toISO(value) : 'Invalid Date';
if (name === 'RegExp') return regexText(value);
if (name === 'WeakMap' || name === 'WeakSet') return null;
return '[' + name + ': ' + primitive(inner) + ']';
}

function items(value, length, level) {
const output = [];
let i = 0;
for (; i < length && output.length < 100; i++) {
const descriptor = getOwnPropertyDescriptor(value, i);
if (descriptor !== undefined) {
output[output.length] = contentOf(value, text(i), level);
continue;
}
const from = i;
while (i + 1 < length && getOwnPropertyDescriptor(value, i + 1) === undefined) i++;
const holes = i - from + 1;
output[output.length] = '<' + holes + ' empty item' + (holes > 1 ? 's' : '') + '>';
}
if (i < length)
output[output.length] = '... ' + (length - i) + ' more item' + (length - i > 1 ? 's' : '');
return output;
}

function entries(kind, value, level) {
const output = [];
let count = 0;
indent += 2;
const add = (key, item) => {
if (count++ < 100)
output[output.length] =
kind === 'Map'
? format(key, level + 1) + ' => ' + format(item, level + 1)
: format(key, level + 1);
};
if (kind === 'Map') eachOfMap(value, (item, key) => add(key, item));
else eachOfSet(value, (item) => add(item));
indent -= 2;
if (count > 100)
output[output.length] = '... ' + (count - 100) + ' more item' + (count > 101 ? 's' : '');
return output;
}

function property(value, key, level) {
const shown = contentOf(value, key, level);
return labelOf(key) + ': ' + shown;
}

function contentOf(value, key, level) {
const descriptor = getOwnPropertyDescriptor(value, key) ?? { value: undefined };
let shown;
if (descriptor.get !== undefined)
shown = descriptor.set !== undefined ? '[Getter/Setter]' : '[Getter]';
else if (descriptor.set !== undefined) shown = '[Setter]';
else {
indent += 2;
shown = format(descriptor.value, level + 1);
indent -= 2;
}
return shown;
}

function labelOf(key) {
if (typeof key === 'symbol') return '[' + symbolText(key) + ']';
if (key === '__proto__') return "['__proto__']";
return matches(IDENTIFIER, key) ? key : quote(key);
}

function layOut(parts, { base, open, close }, { list, level }) {
const before = base === '' ? '' : base + ' ';
const output = list !== null && parts.length > 6 ? inColumns(parts, list) : parts;
if (deepest - level < 3 && output.length === parts.length) {
let width = 2 * output.length + indent + open.length + base.length + 10;
let broken = includes(base, '\\n');
for (let i = 0; i < output.length; i++) {
width += output[i].length;
broken ||= includes(output[i], '\\n');
}
if (width <= 80 && !broken) return before + open + ' ' + join(output, ', ') + ' ' + close;
}
const line = '\\n' + repeat(' ', indent);
return before + open + line + '  ' + join(output, ',' + line + '  ') + line + close;
}

function inColumns(output, list) {
const more = output.length > 100 ? 1 : 0;
const count = output.length - more;
let total = 0;
let widest = 0;
for (let i = 0; i < count; i++) {
total += output[i].length + 2;
widest = max(widest, output[i].length);
}
const cell = widest + 2;
if (cell * 3 + indent >= 80 || (total / cell <= 5 && widest > 6)) return output;
const biased = max(cell - 3 - sqrt(cell - total / output.length), 1);
const columns = min(
round(sqrt(2.5 * biased * count) / biased),
floor((80 - indent) / cell),
12,
15,
);
if (columns <= 1) return output;
const widths = [];
for (let c = 0; c < columns; c++) {
widths[c] = 0;
for (let i = c; i < count; i += columns) widths[c] = max(widths[c], output[i].length + 2);
}
let numbers = true;
for (let i = 0; i < output.length && numbers; i++)
numbers = typeof list[i] === 'number' || typeof list[i] === 'bigint';
const rows = [];
for (let i = 0; i < count; i += columns) {
const end = min(i + columns, count);
let row = '';
for (let j = i; j < end; j++) {
const last = j === end - 1;
const cellText = last ? output[j] : output[j] + ', ';
if (numbers) row += padStart(cellText, widths[j - i] - (last ? 2 : 0));
else row += last ? cellText : padEnd(cellText, widths[j - i]);
}
rows[rows.length] = row;
}
if (more) rows[rows.length] = output[count];
return rows;
}

return format(root, 0);
};
}`,
  locale: `function locale() {
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const {
String: text,
Number: number,
BigInt: bigint,
Object: object,
Date: date,
RangeError: WrongRange,
} = globalThis;
const { abs, min, max } = Math;
const normalize = uncurry(text.prototype.normalize);
const indexOf = uncurry(text.prototype.indexOf);
const charCodeAt = uncurry(text.prototype.charCodeAt);
const codePointAt = uncurry(text.prototype.codePointAt);
const toLower = uncurry(text.prototype.toLowerCase);
const slice = uncurry(text.prototype.slice);
const padStart = uncurry(text.prototype.padStart);
const padEnd = uncurry(text.prototype.padEnd);
const repeat = uncurry(text.prototype.repeat);
const define = (target, name, value) =>
object.defineProperty(target, name, { value, writable: true, configurable: true });

const PUNCTUATION = [
'\\t',
'\\n',
'\\v',
'\\f',
'\\r',
'\\u0085',
'\\u2028',
' \\u00a0',
'_',
'-',
'\\u2010\\u2011',
'\\u2012',
'\\u2013',
'\\u2014',
'\\u2015',
',',
';',
':',
'!',
'\\u00a1',
'?',
'\\u00bf',
'.',
'\\u00b7',
"'\\u2018\\u2019\\u201a",
'"\\u201c\\u201d\\u201e',
'\\u00ab',
'\\u00bb',
'(',
')',
'[',
']',
'{',
'}',
'\\u00a7',
'\\u00b6',
'@',
'*',
'/',
'\\\\',
'&',
'#',
'%',
'\\u2020',
'\\u2022',
'\\u2032',
'\\u2033',
'\\x60',
'\\u00b4',
'\\u00af',
'^',
'\\u00a8',
'\\u00b8',
'\\u00b0',
'\\u00a9',
'\\u00ae',
'\\u2190',
'\\u2192',
'+',
'\\u00b1',
'\\u00f7',
'\\u00d7',
'<',
'=',
'>',
'\\u00ac',
'|',
'\\u00a6',
'~',
'\\u2212',
'\\u221e',
'\\u2264',
'\\u2265',
'\\u00a4',
'\\u00a2',
'$',
'\\u00a3',
'\\u00a5',
'\\u20ac',
];
const MARKS =
'\\u0332\\u0313\\u0314\\u0301\\u0300\\u0306\\u0302\\u030c\\u030a\\u0308\\u030b\\u0303\\u0307\\u0338\\u0327\\u0328\\u0304\\u0335\\u0309\\u030f\\u0311\\u031b\\u0323\\u0324\\u0325\\u0326\\u032d\\u032e\\u0330\\u0331';
const SPELT = {
__proto__: null,
'\\u2026': '...',
'\\u00e6': 'a\\u035ce',
'\\u0153': 'o\\u035ce',
'\\u00f8': 'o\\u0338',
'\\u0111': 'd\\u0335',
'\\u0142': 'l\\u0335',
'\\u0127': 'h\\u0335',
'\\u00df': 's\\u035cs',
'\\u00f0': 'd\\u0335',
'\\u0133': 'ij',
'\\u00aa': 'a',
'\\u00ba': 'o',
'\\u0140': 'l\\u00b7',
'\\u00b9': '1',
'\\u00b2': '2',
'\\u00b3': '3',
'\\u00bc': '1\\u20444',
'\\u00bd': '1\\u20442',
'\\u00be': '3\\u20444',
};
const weights = { __proto__: null };
for (let i = 0; i < PUNCTUATION.length; i++) {
for (let j = 0; j < PUNCTUATION[i].length; j++)
weights[PUNCTUATION[i][j]] = { first: i + 1, second: j, __proto__: null };
}
const DIGIT = 200;
const LETTER = 300; // then come the other scripts, by code point

function keyOf(string, numeric) {
const key = { first: [], second: [], third: [], __proto__: null };
const add = (first, second, third) => {
if (first !== 0) key.first[key.first.length] = first;
key.second[key.second.length] = second;
key.third[key.third.length] = third;
};
const addChar = (c, third) => {
const code = codePointAt(c, 0);
const mark = indexOf(MARKS, c);
if (mark >= 0) return add(0, 2 + mark, 0);
if (code >= 0x300 && code < 0x370) return add(0, 100 + code - 0x300, 0);
const known = weights[c];
if (known !== undefined) return add(known.first, 1, known.second);
if (code < 32 || (code >= 127 && code < 160) || code === 0xad) return;
const low = toLower(c);
const spelt = SPELT[low];
if (spelt !== undefined) {
for (let i = 0; i < spelt.length; i++) addChar(spelt[i], low === c ? 4 : 5);
return;
}
if (code >= 48 && code <= 57) return add(DIGIT + code - 48, 1, third);
add(LETTER + codePointAt(low, 0), 1, third + (low === c ? 0 : 1));
};
const plain = normalize(string, 'NFD');
for (let i = 0; i < plain.length; i++) {
const code = charCodeAt(plain, i);
if (numeric && code >= 48 && code <= 57) {
let end = i;
while (end < plain.length && charCodeAt(plain, end) >= 48 && charCodeAt(plain, end) <= 57)
end++;
while (i < end - 1 && plain[i] === '0') i++;
add(DIGIT + 10, 1, 0);
add(end - i, 1, 0); // more digits, larger number
for (; i < end; i++) add(DIGIT + charCodeAt(plain, i) - 48, 1, 0);
i--;
} else if (code >= 0xd800 && code < 0xdc00) {
addChar(plain[i] + (plain[i + 1] ?? ''), 0);
i++;
} else addChar(plain[i], 0);
}
return key;
}
function compareLevel(a, b) {
const length = min(a.length, b.length);
for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
if (a.length === b.length) return 0;
return a.length < b.length ? -1 : 1;
}
const SENSITIVITIES = ['base', 'accent', 'case', 'variant'];
function collate(a, b, options) {
const { numeric = false, sensitivity = 'variant', caseFirst = 'false' } = options ?? {};
if (
SENSITIVITIES[0] !== sensitivity &&
SENSITIVITIES[1] !== sensitivity &&
SENSITIVITIES[2] !== sensitivity &&
SENSITIVITIES[3] !== sensitivity
) {
throw new WrongRange(
'Value ' +
text(sensitivity) +
' out of range for Intl.Collator options property sensitivity',
);
}
if (a === b) return 0;
const [left, right] = [keyOf(a, numeric), keyOf(b, numeric)];
const first = compareLevel(left.first, right.first);
if (first !== 0 || sensitivity === 'base') return first;
const second = sensitivity === 'case' ? 0 : compareLevel(left.second, right.second);
if (second !== 0 || sensitivity === 'accent') return second;
return compareLevel(left.third, right.third) * (caseFirst === 'upper' ? -1 : 1);
}

const digitsOf = (value) => {
const shown = typeof value === 'bigint' ? text(value) : text(abs(value));
const at = indexOf(shown, 'e');
const [whole, fraction = ''] = split(at < 0 ? shown : slice(shown, 0, at));
const power = at < 0 ? 0 : +slice(shown, at + 1);
let all = whole + fraction;
let point = whole.length + power;
if (point <= 0) {
all = repeat('0', 1 - point) + all;
point = 1;
}
if (point > all.length) all = padEnd(all, point, '0');
return { all, point, __proto__: null };
};
const split = (shown) => {
const at = indexOf(shown, '.');
return at < 0 ? [shown, ''] : [slice(shown, 0, at), slice(shown, at + 1)];
};
function roundAt({ all, point }, keep) {
if (keep >= all.length) return { all, point, __proto__: null };
if (keep < 0) return { all: repeat('0', max(point, 1)), point: max(point, 1), __proto__: null };
let kept = '0' + slice(all, 0, keep);
if (all[keep] >= '5') kept = padStart(text(bigint(kept) + 1n), keep + 1, '0');
if (keep < point) kept = padEnd(kept, point + 1, '0');
return { all: kept, point: point + 1, __proto__: null };
}
const CURRENCIES = {
__proto__: null,
USD: '$',
EUR: '\\u20ac',
GBP: '\\u00a3',
JPY: '\\u00a5',
INR: '\\u20b9',
CNY: 'CN\\u00a5',
KRW: '\\u20a9',
BRL: 'R$',
CAD: 'CA$',
AUD: 'A$',
MXN: 'MX$',
};
function usualDigits(style, currency) {
if (style === 'percent') return [0, 0];
if (style !== 'currency') return [0, 3];
return currency === 'JPY' || currency === 'KRW' ? [0, 0] : [2, 2];
}
function formatNumber(value, options) {
const {
style = 'decimal',
currency,
useGrouping = true,
minimumIntegerDigits = 1,
minimumSignificantDigits,
maximumSignificantDigits,
notation = 'standard',
} = options ?? {};
if (notation !== 'standard')
throw new WrongRange("notation '" + text(notation) + "' is not supported here");
const isMoney = style === 'currency';
const usual = usualDigits(style, currency);
const { minimumFractionDigits: least, maximumFractionDigits: most } = options ?? {};
for (const [name, digits] of [
['minimumFractionDigits', least],
['maximumFractionDigits', most],
]) {
if (digits !== undefined && !(digits >= 0 && digits <= 100))
throw new WrongRange(name + ' value is out of range.');
}
const fewest = least ?? min(usual[0], most ?? usual[0]);
const largest = most ?? max(usual[1], fewest);
if (fewest > largest) throw new WrongRange('maximumFractionDigits value is out of range.');
const isNegative = typeof value === 'bigint' ? value < 0n : value < 0 || object.is(value, -0);
let shown;
if (value !== value) shown = 'NaN';
else if (abs(typeof value === 'bigint' ? 0 : value) === Infinity) shown = '\\u221e';
else {
let digits = digitsOf(typeof value === 'bigint' && isNegative ? -value : value);
if (style === 'percent') digits = digitsOfPercent(digits);
if (maximumSignificantDigits !== undefined || minimumSignificantDigits !== undefined) {
digits = significant(digits, minimumSignificantDigits ?? 1, maximumSignificantDigits ?? 21);
} else {
const rounded = roundAt(digits, digits.point + largest);
digits = {
all: padEnd(trimFraction(rounded, fewest), rounded.point + fewest, '0'),
point: rounded.point,
__proto__: null,
};
}
let whole = slice(digits.all, 0, digits.point);
while (whole.length > 1 && whole[0] === '0') whole = slice(whole, 1);
whole = padStart(whole, minimumIntegerDigits, '0');
const fraction = slice(digits.all, digits.point);
shown =
(useGrouping === false || useGrouping === 'false' ? whole : group(whole)) +
(fraction === '' ? '' : '.' + fraction);
}
const unit = isMoney ? (CURRENCIES[currency] ?? currency + '\\u00a0') : '';
return (isNegative ? '-' : '') + unit + shown + (style === 'percent' ? '%' : '');
}
const digitsOfPercent = ({ all, point }) => ({
all: padEnd(all, point + 2, '0'),
point: point + 2,
__proto__: null,
});
function trimFraction({ all, point }, fewest) {
let end = all.length;
while (end > point + fewest && all[end - 1] === '0') end--;
return slice(all, 0, end);
}
function significant(digits, fewest, most) {
let zeros = 0;
while (zeros < digits.all.length - 1 && digits.all[zeros] === '0') zeros++;
const rounded = roundAt(digits, zeros + most);
let lead = 0;
while (lead < rounded.all.length - 1 && rounded.all[lead] === '0') lead++;
const all = trimFraction(rounded, 0);
return {
all: padEnd(all, max(all.length, lead + fewest), '0'),
point: rounded.point,
__proto__: null,
};
}
function group(whole) {
let out = '';
for (let i = 0; i < whole.length; i++)
out += (i > 0 && (whole.length - i) % 3 === 0 ? ',' : '') + whole[i];
return out;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
'January',
'February',
'March',
'April',
'May',
'June',
'July',
'August',
'September',
'October',
'November',
'December',
];
const read = { __proto__: null };
for (const name of [
'getTime',
'getDay',
'getMonth',
'getDate',
'getFullYear',
'getHours',
'getMinutes',
'getSeconds',
])
read[name] = uncurry(date.prototype[name]);
function formatDate(value, options, usual) {
const time = read.getTime(value);
if (time !== time) return 'Invalid Date';
const asked = options ?? {};
const hasDate =
asked.weekday !== undefined ||
asked.year !== undefined ||
asked.month !== undefined ||
asked.day !== undefined;
const hasTime =
asked.hour !== undefined || asked.minute !== undefined || asked.second !== undefined;
const own = {
year: asked.year,
month: asked.month,
day: asked.day,
weekday: asked.weekday,
hour: asked.hour,
minute: asked.minute,
second: asked.second,
__proto__: null,
};
if (usual !== 'time' && !hasDate && !(usual === 'any' && hasTime))
own.year = own.month = own.day = 'numeric';
if (usual !== 'date' && !hasTime && !(usual === 'any' && hasDate))
own.hour = own.minute = own.second = 'numeric';
const dateText = formatDay(value, own);
let cycle = asked.hourCycle ?? 'h12';
if (asked.hour12 !== undefined) cycle = asked.hour12 ? 'h12' : 'h24';
const timeText = formatTime(value, own, cycle);
return dateText + (dateText !== '' && timeText !== '' ? ', ' : '') + timeText;
}
const two = (value) => padStart(text(value), 2, '0');
const asNumber = (value, style) => (style === '2-digit' ? two(value % 100) : text(value));
function formatDay(value, { weekday, year, month, day }) {
const dayName = DAYS[read.getDay(value)];
let week = weekday === undefined ? '' : dayName;
if (week !== '' && weekday !== 'long') week = slice(dayName, 0, weekday === 'narrow' ? 1 : 3);
const yearText = year === undefined ? '' : asNumber(read.getFullYear(value), year);
const dayText = day === undefined ? '' : asNumber(read.getDate(value), day);
const isWord = month === 'long' || month === 'short' || month === 'narrow';
if (!isWord) {
const parts = [
month === undefined ? '' : asNumber(read.getMonth(value) + 1, month),
dayText,
yearText,
];
let out = '';
for (let i = 0; i < 3; i++) if (parts[i] !== '') out += (out === '' ? '' : '/') + parts[i];
if (week === '') return out;
return out === '' ? week : week + ', ' + out;
}
const name = MONTHS[read.getMonth(value)];
const shown =
(month === 'long' ? name : slice(name, 0, month === 'narrow' ? 1 : 3)) +
(dayText === '' ? '' : ' ' + dayText);
const dated = yearText === '' ? shown : shown + (dayText === '' ? ' ' : ', ') + yearText;
return week === '' ? dated : week + ', ' + dated;
}
function formatTime(value, { hour, minute, second }, cycle) {
const isTwelve = cycle === 'h12' || cycle === 'h11';
if (hour === undefined && minute === undefined && second === undefined) return '';
const hours = read.getHours(value);
let shownHour = isTwelve ? hours % 12 || 12 : hours;
if (cycle === 'h24') shownHour = hours || 24;
const parts = [];
if (hour !== undefined)
parts[parts.length] = hour === '2-digit' || !isTwelve ? two(shownHour) : text(shownHour);
if (minute !== undefined)
parts[parts.length] =
hour === undefined && second === undefined
? text(read.getMinutes(value))
: two(read.getMinutes(value));
if (second !== undefined)
parts[parts.length] =
minute === undefined ? text(read.getSeconds(value)) : two(read.getSeconds(value));
let out = '';
for (let i = 0; i < parts.length; i++) out += (i > 0 ? ':' : '') + parts[i];
return hour !== undefined && isTwelve ? out + (hours < 12 ? ' AM' : ' PM') : out;
}

define(
text.prototype,
'localeCompare',
/** @this {any} */ function localeCompare(that, _locales, options) {
return collate(text(this), text(that), options);
},
);
const numberValue = uncurry(number.prototype.valueOf);
const bigintValue = uncurry(bigint.prototype.valueOf);
define(
number.prototype,
'toLocaleString',
/** @this {any} */ function toLocaleString(_locales, options) {
return formatNumber(numberValue(this), options);
},
);
define(
bigint.prototype,
'toLocaleString',
/** @this {any} */ function toLocaleString(_locales, options) {
return formatNumber(bigintValue(this), options);
},
);
for (const [name, usual] of [
['toLocaleString', 'both'],
['toLocaleDateString', 'date'],
['toLocaleTimeString', 'time'],
]) {
define(
date.prototype,
name,
/** @this {any} */ function (_locales, options) {
return formatDate(this, options, usual === 'both' ? 'any' : usual);
},
);
}
const resolved = () => ({ locale: 'en-US', timeZone: 'UTC', numberingSystem: 'latn' });
class Collator {
constructor(_locales, options) {
this.compare = (a, b) => collate(text(a), text(b), options);
}
resolvedOptions() {
return resolved();
}
}
class NumberFormat {
constructor(_locales, options) {
this.format = (value) =>
formatNumber(typeof value === 'bigint' ? value : number(value), options);
}
resolvedOptions() {
return resolved();
}
}
class DateTimeFormat {
constructor(_locales, options) {
this.format = (value) =>
formatDate(value === undefined ? new date() : new date(value), options, 'date');
}
resolvedOptions() {
return resolved();
}
}
const callable = (Made) => {
function Format(locales, options) {
return new Made(locales, options);
}
Format.prototype = Made.prototype;
return Format;
};
define(globalThis, 'Intl', {
Collator: callable(Collator),
NumberFormat: callable(NumberFormat),
DateTimeFormat: callable(DateTimeFormat),
getCanonicalLocales: (locales) => (locales === undefined ? [] : [].concat(locales)),
});
}`,
  modules: `function modules(tools) {
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

class Interface extends EventEmitter {
#lines = null;
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
const lines = take().split(/\\r\\n|\\n|\\r/);
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
print('stderr', '(node) ' + String(warning) + '\\n');
},
});

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
usual: 'Expected values to be strictly equal:\\n\\n' + inspect(a) + ' !== ' + inspect(b) + '\\n',
a,
b,
});
const deepEqual = (a, b, message) =>
hold(isSame(a, b), message, {
usual:
'Expected values to be strictly deep-equal:\\n' +
inspect(a) +
'\\n\\nshould loosely deep-equal\\n\\n' +
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
os: { EOL: '\\n', cpus: () => [], platform: () => 'linux', tmpdir: () => '/tmp' },
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
(key) => /^[A-Za-z_$][\\w$]*$/.test(key) && key !== 'default',
),
setInput: (given) => {
text = given;
},
beMain: () => {
require.main = module;
},
exitCode: () => exit,
};
}`,
  prelude: `function prelude(write, limit, programs) {
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
}`,
  sort: `function sort() {
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const { apply, getPrototypeOf } = Reflect;
const { TypeError: WrongType, Object: object, Array: list, Number: number } = globalThis;
const typedArrays = getPrototypeOf(Uint8Array.prototype);
const plainSort = uncurry(list.prototype.sort);
const plainTypedSort = uncurry(typedArrays.sort);
const typedLength = uncurry(object.getOwnPropertyDescriptor(typedArrays, 'length')?.get);
const typedSlice = uncurry(typedArrays.slice);
const WINS = 7;

function timSort(a, length, cmp) {
let minGallop = WINS;
const runs = [];
const compare = (x, y) => {
const order = +cmp(x, y);
return order !== order ? 0 : order;
};
const copy = (from, at, to, into, count) => {
if (from === to && at < into)
for (let i = count - 1; i >= 0; i--) to[into + i] = from[at + i];
else for (let i = 0; i < count; i++) to[into + i] = from[at + i];
};

function makeRun(low, high) {
if (low + 1 === high) return 1;
const falls = compare(a[low + 1], a[low]) < 0;
let end = low + 2;
for (; end < high; end++) if (compare(a[end], a[end - 1]) < 0 !== falls) break;
if (falls) {
for (let i = low, j = end - 1; i < j; i++, j--) {
const held = a[i];
a[i] = a[j];
a[j] = held;
}
}
return end - low;
}

function insertionSort(low, from, high) {
for (let start = from === low ? from + 1 : from; start < high; start++) {
const pivot = a[start];
let left = low;
let right = start;
while (left < right) {
const middle = left + ((right - left) >> 1);
if (compare(pivot, a[middle]) < 0) right = middle;
else left = middle + 1;
}
for (let p = start; p > left; p--) a[p] = a[p - 1];
a[left] = pivot;
}
}

function gallopLeft(v, key, base, length, hint) {
let last = 0;
let offset = 1;
if (compare(v[base + hint], key) < 0) {
const most = length - hint;
while (offset < most && compare(v[base + hint + offset], key) < 0) {
last = offset;
offset = offset * 2 + 1;
}
if (offset > most) offset = most;
last += hint;
offset += hint;
} else {
const most = hint + 1;
while (offset < most && !(compare(v[base + hint - offset], key) < 0)) {
last = offset;
offset = offset * 2 + 1;
}
if (offset > most) offset = most;
const held = last;
last = hint - offset;
offset = hint - held;
}
last++;
while (last < offset) {
const middle = last + ((offset - last) >> 1);
if (compare(v[base + middle], key) < 0) last = middle + 1;
else offset = middle;
}
return offset;
}

function gallopRight(v, key, base, length, hint) {
let last = 0;
let offset = 1;
if (compare(key, v[base + hint]) < 0) {
const most = hint + 1;
while (offset < most && compare(key, v[base + hint - offset]) < 0) {
last = offset;
offset = offset * 2 + 1;
}
if (offset > most) offset = most;
const held = last;
last = hint - offset;
offset = hint - held;
} else {
const most = length - hint;
while (offset < most && !(compare(key, v[base + hint + offset]) < 0)) {
last = offset;
offset = offset * 2 + 1;
}
if (offset > most) offset = most;
last += hint;
offset += hint;
}
last++;
while (last < offset) {
const middle = last + ((offset - last) >> 1);
if (compare(key, v[base + middle]) < 0) offset = middle;
else last = middle + 1;
}
return offset;
}

function mergeLow(lengthA, startA, lengthB, startB) {
const held = [];
copy(a, startA, held, 0, lengthA);
let to = startA;
let i = 0;
let j = startB;
const restOfA = () => copy(held, i, a, to, lengthA);
const restOfB = () => {
copy(a, j, a, to, lengthB);
a[to + lengthB] = held[i];
};
a[to++] = a[j++];
if (--lengthB === 0) return restOfA();
if (lengthA === 1) return restOfB();
for (;;) {
let winsA = 0;
let winsB = 0;
for (;;) {
if (compare(a[j], held[i]) < 0) {
a[to++] = a[j++];
winsB++;
winsA = 0;
if (--lengthB === 0) return restOfA();
if (winsB >= minGallop) break;
} else {
a[to++] = held[i++];
winsA++;
winsB = 0;
if (--lengthA === 1) return restOfB();
if (winsA >= minGallop) break;
}
}
minGallop++;
for (let first = true; first || winsA >= WINS || winsB >= WINS; first = false) {
minGallop = minGallop > 2 ? minGallop - 1 : 1;
winsA = gallopRight(held, a[j], i, lengthA, 0);
if (winsA > 0) {
copy(held, i, a, to, winsA);
to += winsA;
i += winsA;
lengthA -= winsA;
if (lengthA === 1) return restOfB();
if (lengthA === 0) return;
}
a[to++] = a[j++];
if (--lengthB === 0) return restOfA();
winsB = gallopLeft(a, held[i], j, lengthB, 0);
if (winsB > 0) {
copy(a, j, a, to, winsB);
to += winsB;
j += winsB;
lengthB -= winsB;
if (lengthB === 0) return restOfA();
}
a[to++] = held[i++];
if (--lengthA === 1) return restOfB();
}
minGallop++;
}
}

function mergeHigh(lengthA, startA, lengthB, startB) {
const held = [];
copy(a, startB, held, 0, lengthB);
let to = startB + lengthB - 1;
let j = lengthB - 1;
let i = startA + lengthA - 1;
const restOfB = () => copy(held, 0, a, to - (lengthB - 1), lengthB);
const restOfA = () => {
to -= lengthA;
i -= lengthA;
copy(a, i + 1, a, to + 1, lengthA);
a[to] = held[j];
};
a[to--] = a[i--];
if (--lengthA === 0) return restOfB();
if (lengthB === 1) return restOfA();
for (;;) {
let winsA = 0;
let winsB = 0;
for (;;) {
if (compare(held[j], a[i]) < 0) {
a[to--] = a[i--];
winsA++;
winsB = 0;
if (--lengthA === 0) return restOfB();
if (winsA >= minGallop) break;
} else {
a[to--] = held[j--];
winsB++;
winsA = 0;
if (--lengthB === 1) return restOfA();
if (winsB >= minGallop) break;
}
}
minGallop++;
for (let first = true; first || winsA >= WINS || winsB >= WINS; first = false) {
minGallop = minGallop > 2 ? minGallop - 1 : 1;
winsA = lengthA - gallopRight(a, held[j], startA, lengthA, lengthA - 1);
if (winsA > 0) {
to -= winsA;
i -= winsA;
copy(a, i + 1, a, to + 1, winsA);
lengthA -= winsA;
if (lengthA === 0) return restOfB();
}
a[to--] = held[j--];
if (--lengthB === 1) return restOfA();
winsB = lengthB - gallopLeft(held, a[i], 0, lengthB, lengthB - 1);
if (winsB > 0) {
to -= winsB;
j -= winsB;
copy(held, j + 1, a, to + 1, winsB);
lengthB -= winsB;
if (lengthB === 1) return restOfA();
if (lengthB === 0) return;
}
a[to--] = a[i--];
if (--lengthA === 0) return restOfB();
}
minGallop++;
}
}

function mergeAt(n) {
let { start: startA, length: lengthA } = runs[n];
let { start: startB, length: lengthB } = runs[n + 1];
runs[n].length = lengthA + lengthB;
if (n === runs.length - 3) runs[n + 1] = runs[n + 2];
runs.length--;
const skipped = gallopRight(a, a[startB], startA, lengthA, 0);
startA += skipped;
lengthA -= skipped;
if (lengthA === 0) return;
lengthB = gallopLeft(a, a[startA + lengthA - 1], startB, lengthB, lengthB - 1);
if (lengthB === 0) return;
if (lengthA <= lengthB) mergeLow(lengthA, startA, lengthB, startB);
else mergeHigh(lengthA, startA, lengthB, startB);
}
const holds = (n) => n < 2 || runs[n - 2].length > runs[n - 1].length + runs[n].length;

let least = length;
let odd = 0;
while (least >= 64) {
odd |= least & 1;
least >>= 1;
}
least += odd;
for (let low = 0; low < length; ) {
const rest = length - low;
let run = makeRun(low, length);
if (run < least) {
const forced = least < rest ? least : rest;
insertionSort(low, low + run, low + forced);
run = forced;
}
runs[runs.length] = { start: low, length: run, __proto__: null };
while (runs.length > 1) {
let n = runs.length - 2;
if (!holds(n + 1) || !holds(n)) {
if (runs[n - 1].length < runs[n + 1].length) n--;
mergeAt(n);
} else if (runs[n].length <= runs[n + 1].length) mergeAt(n);
else break;
}
low += run;
}
while (runs.length > 1) {
let n = runs.length - 2;
if (n > 0 && runs[n - 1].length < runs[n + 1].length) n--;
mergeAt(n);
}
}

function mergeSort(source, from, to, target, compare) {
const middle = from + ((to - from) >> 1);
if (middle - from > 1) mergeSort(target, from, middle, source, compare);
if (to - middle > 1) mergeSort(target, middle, to, source, compare);
let left = from;
let right = middle;
for (let i = from; i < to; i++) {
const isLeft = left < middle && (right >= to || compare(source[left], source[right]) <= 0);
target[i] = isLeft ? source[left++] : source[right++];
}
}

const check = (cmp) => {
if (cmp !== undefined && typeof cmp !== 'function')
throw new WrongType('The comparison function must be either a function or undefined');
};
const lengthOf = (value) => {
const length = number(value.length);
return length > 0 ? length - (length % 1) : 0;
};
function sorted(items, cmp) {
if (items.length > 1) timSort(items, items.length, cmp);
return items;
}
const methods = {
sort(cmp) {
check(cmp);
if (cmp === undefined) return plainSort(this);
const array = object(this);
const length = lengthOf(array);
const items = [];
let empty = 0;
for (let i = 0; i < length; i++) {
if (!(i in array)) continue;
const item = array[i];
if (item === undefined) empty++;
else items[items.length] = item;
}
const count = sorted(items, cmp).length;
for (let i = 0; i < count; i++) array[i] = items[i];
for (let i = count; i < count + empty; i++) array[i] = undefined;
for (let i = count + empty; i < length; i++) delete array[i];
return array;
},
toSorted(cmp) {
check(cmp);
const array = object(this);
const length = lengthOf(array);
const items = new list(length);
for (let i = 0; i < length; i++) items[i] = array[i];
return cmp === undefined ? plainSort(items) : apply(methods.sort, items, [cmp]);
},
};
const typedMethods = {
sort(cmp) {
check(cmp);
if (cmp === undefined) return plainTypedSort(this);
const length = typedLength(this);
const compare = (x, y) => +cmp(x, y) || 0;
const [source, target] = [[], []];
for (let i = 0; i < length; i++) source[i] = target[i] = this[i];
if (length > 1) mergeSort(source, 0, length, target, compare);
for (let i = 0; i < length; i++) this[i] = target[i];
return this;
},
toSorted(cmp) {
check(cmp);
return apply(typedMethods.sort, typedSlice(this), [cmp]);
},
};
for (const [prototype, own] of [
[list.prototype, methods],
[typedArrays, typedMethods],
]) {
for (const name of ['sort', 'toSorted']) {
object.defineProperty(own[name], 'length', { value: 1, configurable: true });
object.defineProperty(prototype, name, {
value: own[name],
writable: true,
configurable: true,
});
}
}
}`,
  timers: `function timersProgram({ define }) {
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
}`,
};
