// biome-ignore-all lint/suspicious/noShadowRestrictedNames: the built-ins as they are before the program replaces them
// biome-ignore-all lint/suspicious/noSelfCompare: NaN, without a built-in that the program could replace
// biome-ignore-all lint/suspicious/noControlCharactersInRegex: texts with these characters are quoted another way
/**
 * Source of a function for the interpreter: `inspect(value)` is the text that Node 20's `console.log` prints
 * for a value that is no string (`util.inspect` with its defaults: depth 2, 80 columns, 100 items, at most 15
 * columns of a long array). It keeps the built-ins it uses, so a program that replaces them changes only what
 * its own objects do. Not covered: the widths of CJK text, `util.inspect.custom`, and what a promise holds.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/util.html#utilinspectobject-options
 */
export function inspect() {
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
  const TICK = '\x60';

  // prototype, and a call that throws unless the object really is one
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
  const PLAIN = /^[^\x00-\x1f\x7f'\\]*$/;
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
      if (c === mark || c === '\\') quoted += '\\' + c;
      else if (c === '\n') quoted += '\\n';
      else if (c === '\t') quoted += '\\t';
      else if (c === '\r') quoted += '\\r';
      else if (c === '\b') quoted += '\\b';
      else if (c === '\f') quoted += '\\f';
      else if (c === '\v') quoted += '\\v';
      else if (c === '\x7f') quoted += '\\x7F';
      else if (c < ' ')
        quoted += '\\x' + toUpper(slice(stringify(c), 5, 7)); // JSON writes it as four digits
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
          includes(value, '\n')
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
        let at = indexOf(rest, '\n');
        at >= 0 && at + 1 < rest.length;
        at = indexOf(rest, '\n')
      ) {
        lines[lines.length] = quote(slice(rest, 0, at + 1));
        rest = slice(rest, at + 1);
      }
      lines[lines.length] = quote(rest);
      return join(lines, ' +\n' + repeat(' ', indent + 2));
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
      while (stack[stack.length - 1] === '\n') stack = slice(stack, 0, -1);
      return header + '\n' + stack;
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
        let broken = includes(base, '\n');
        for (let i = 0; i < output.length; i++) {
          width += output[i].length;
          broken ||= includes(output[i], '\n');
        }
        if (width <= 80 && !broken) return before + open + ' ' + join(output, ', ') + ' ' + close;
      }
      const line = '\n' + repeat(' ', indent);
      return before + open + line + '  ' + join(output, ',' + line + '  ') + line + close;
    }

    // Columns so that the block is about 2.5 times as wide as high, as a letter is high.
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
}
