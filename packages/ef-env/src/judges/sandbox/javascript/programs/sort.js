// biome-ignore-all lint/complexity/useMaxParams: an object per call would cost the interpreter more than the call
// biome-ignore-all lint/suspicious/noSelfCompare: NaN, without a built-in that the program could replace
// biome-ignore-all lint/complexity/useMathMinMax: no built-in that the program could replace
/**
 * Source of a function for the interpreter that gives `sort` and `toSorted` V8's algorithm where a comparator is given:
 * the interpreter's own calls it on other pairs, which shows as soon as it is inconsistent (`(a, b) => a > b`).
 *
 * TimSort as in CPython's listsort.txt, with V8's choices: runs of 32 to 64, `cmp(a[i], a[i - 1])` to find them, NaN is 0,
 * gallop from 7 wins on. Typed arrays: top-down merge sort that takes the left element where `cmp(left, right) <= 0`.
 *
 * @see Peters 2002: https://github.com/python/cpython/blob/main/Objects/listsort.txt
 */
export function sort() {
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const { apply, getPrototypeOf } = Reflect;
  const { TypeError: WrongType, Object: object, Array: list, Number: number } = globalThis;
  /** @type {any} */
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

    // the first place of key in v[base, base + length), from a hint on
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

    // the last place
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
      /** @type {any[][]} */
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
}
