// biome-ignore-all lint/suspicious/noShadowRestrictedNames: the built-ins as they are before the program replaces them
/**
 * `call(name, json, names)`: calls what `names` (a path, as JSON) leads to, in the program's scope or its exports.
 *
 * @param reach - the program's own scope: functions that give what a task may name; `null` before the program ran.
 * @param exportsOf - of the program as a module.
 * @returns a promise of `[result as JSON or null, result as text or null]`, as JSON.
 */
export function callProgram({ inspect, cut, reach, exportsOf }) {
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const { apply, getOwnPropertyDescriptor } = Reflect;
  const { parse, stringify } = JSON;
  const { String: text, BigInt: bigint, TypeError: WrongType } = globalThis;
  const slice = uncurry(String.prototype.slice);
  const includes = uncurry(String.prototype.includes);
  const replace = uncurry(String.prototype.replace);
  const isPrototypeOf = uncurry(Object.prototype.isPrototypeOf);
  const isFunction = (value) => typeof value === 'function';

  // what the host's markedJson writes for a BigInt, and for a text that begins with NUL
  const unmark = (_key, value) => {
    if (typeof value !== 'string' || value[0] !== '\0') return value;
    return value[1] === 'n' ? bigint(slice(value, 2)) : '\0' + slice(value, 2);
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

  // Digits that JSON has and numbers have not; a text of the program's own that looks like it is read as a number
  const safe = 2 ** 53 - 1;
  const MARK = '\0digits:';
  const MARKED = /"\\u0000digits:(-?\d+)"/g;
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
  /** @type {(value: any) => boolean} */
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
  // sets and typed arrays are lists, maps are objects
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
  // generators and other iterators
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
    const args = includes(json, '\\u0000') ? parse(json, unmark) : parse(json);
    const value = await apply(fn, undefined, args);
    const result = asJson(value);
    const isJson = typeof result === 'string';
    const isPlain = isJson && (typeof value !== 'number' || value - value === 0); // no NaN, no infinity
    const nothing = value === undefined ? '"null"' : 'null';
    const written = isJson ? stringify(result) : nothing;
    return '[' + written + ',' + (isPlain ? 'null' : stringify(cut(inspect(value)))) + ']';
  };
}
