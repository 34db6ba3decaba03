// biome-ignore-all lint/suspicious/noShadowRestrictedNames: methods have the names that they have elsewhere
// biome-ignore-all lint/suspicious/noSelfCompare: NaN, without a built-in that the program could replace
/**
 * Source of a function for the interpreter, which has no ICU, that gives programs what they use of it in American
 * English, UTC: `localeCompare` and `Intl.Collator` (root collation of Latin letters, digits and punctuation; other
 * scripts by code point), `toLocaleString` of numbers and `Intl.NumberFormat` (decimal, percent, currency), dates.
 *
 * @see https://www.unicode.org/reports/tr35/tr35-collation.html#Root_Collation
 */
export function locale() {
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

  // In the order of the root collation; characters in brackets differ only in the second level
  const PUNCTUATION = [
    '\t',
    '\n',
    '\v',
    '\f',
    '\r',
    '\u0085',
    '\u2028',
    ' \u00a0',
    '_',
    '-',
    '\u2010\u2011',
    '\u2012',
    '\u2013',
    '\u2014',
    '\u2015',
    ',',
    ';',
    ':',
    '!',
    '\u00a1',
    '?',
    '\u00bf',
    '.',
    '\u00b7',
    "'\u2018\u2019\u201a",
    '"\u201c\u201d\u201e',
    '\u00ab',
    '\u00bb',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '\u00a7',
    '\u00b6',
    '@',
    '*',
    '/',
    '\\',
    '&',
    '#',
    '%',
    '\u2020',
    '\u2022',
    '\u2032',
    '\u2033',
    '\x60',
    '\u00b4',
    '\u00af',
    '^',
    '\u00a8',
    '\u00b8',
    '\u00b0',
    '\u00a9',
    '\u00ae',
    '\u2190',
    '\u2192',
    '+',
    '\u00b1',
    '\u00f7',
    '\u00d7',
    '<',
    '=',
    '>',
    '\u00ac',
    '|',
    '\u00a6',
    '~',
    '\u2212',
    '\u221e',
    '\u2264',
    '\u2265',
    '\u00a4',
    '\u00a2',
    '$',
    '\u00a3',
    '\u00a5',
    '\u20ac',
  ];
  const MARKS =
    '\u0332\u0313\u0314\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u030b\u0303\u0307\u0338\u0327\u0328\u0304\u0335\u0309\u030f\u0311\u031b\u0323\u0324\u0325\u0326\u032d\u032e\u0330\u0331';
  const SPELT = {
    __proto__: null,
    '\u2026': '...',
    '\u00e6': 'a\u035ce',
    '\u0153': 'o\u035ce',
    '\u00f8': 'o\u0338',
    '\u0111': 'd\u0335',
    '\u0142': 'l\u0335',
    '\u0127': 'h\u0335',
    '\u00df': 's\u035cs',
    '\u00f0': 'd\u0335',
    '\u0133': 'ij',
    '\u00aa': 'a',
    '\u00ba': 'o',
    '\u0140': 'l\u00b7',
    '\u00b9': '1',
    '\u00b2': '2',
    '\u00b3': '3',
    '\u00bc': '1\u20444',
    '\u00bd': '1\u20442',
    '\u00be': '3\u20444',
  };
  const weights = { __proto__: null };
  for (let i = 0; i < PUNCTUATION.length; i++) {
    for (let j = 0; j < PUNCTUATION[i].length; j++)
      weights[PUNCTUATION[i][j]] = { first: i + 1, second: j, __proto__: null };
  }
  const DIGIT = 200;
  const LETTER = 300; // then come the other scripts, by code point

  // three levels: letters, accents, capitals
  function keyOf(string, numeric) {
    /** @type {any} */
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

  // ---- numbers: the shortest decimal text of the double is rounded, half away from zero, as ICU does
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
    // digits kept
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
    EUR: '\u20ac',
    GBP: '\u00a3',
    JPY: '\u00a5',
    INR: '\u20b9',
    CNY: 'CN\u00a5',
    KRW: '\u20a9',
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
    else if (abs(typeof value === 'bigint' ? 0 : value) === Infinity) shown = '\u221e';
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
    const unit = isMoney ? (CURRENCIES[currency] ?? currency + '\u00a0') : '';
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

  // ---- dates, in UTC
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
}
