import type { Sandbox } from '../../judges/sandbox/sandbox.ts';
import { codeFences } from '../../text/codeFences.ts';

/** A fenced block, as far as it can be told without parsing it. */
export interface ProgramBlock {
  code: string;
  /** Names that its outermost lines define or import. */
  defines: ReadonlySet<string>;
  /** Names outside of comments and strings. */
  uses: ReadonlySet<string>;
  /** It mentions standard input. */
  reads: boolean;
  /** It does more than define things. */
  acts: boolean;
}

type Language = Sandbox['language'];

/** What a fence may say; the first is the one asked for. */
export const FENCES: Readonly<Record<Language, readonly string[]>> = {
  javascript: ['javascript', 'js', 'mjs', 'cjs', 'node', 'nodejs'],
  python: ['python', 'py', 'python3', 'py3'],
};

/** Blocks in a language, or those that name none where there is no other. Blank ones are none. */
export function programBlocks(answer: string, language: Language): ProgramBlock[] {
  const fences = codeFences(answer);
  const named = (names: readonly string[]): string[] =>
    fences
      .filter(({ info }) => names.includes(languageOf(info)))
      .map(({ start, end }) => dedent(answer.slice(start, end)))
      .filter((code) => code.trim() !== '');
  const own = named(FENCES[language]);
  return (own.length > 0 ? own : named([''])).map((code) => readBlock(code, language));
}

/** `python`, `Python title="x"`, `{.python}`, `{python}` */
function languageOf(info: string): string {
  return /^\{?\s*\.?([\w+#-]*)/.exec(info)?.[1]?.toLowerCase() ?? '';
}

/** Without what all lines begin with: blanks of a list's item, marks of a quotation. */
function dedent(code: string): string {
  const lines = code.split('\n');
  const full = lines.filter((line) => line.trim() !== '');
  if (full.length > 0 && full.every((line) => /^ {0,3}> ?/.test(line))) {
    return dedent(lines.map((line) => line.replace(/^ {0,3}> ?/, '')).join('\n'));
  }
  const depth = Math.min(...full.map((line) => line.search(/\S/)));
  return depth === 0 ? code : lines.map((line) => line.slice(depth)).join('\n');
}

/** The outermost lines that define a name, and all names they define. */
const DEFINITIONS: Readonly<Record<Language, readonly RegExp[]>> = {
  python: [
    /^(?:async )?def (\w+)/,
    /^class (\w+)/,
    /^(?:from \S+ )?import ([^#]+)/,
    /^(\w+(?:\s*,\s*\w+)*)\s*(?::[^=]*)?=(?!=)/,
  ],
  javascript: [
    /^(?:export\s+(?:default\s+)?)?(?:async\s+)?function\b\s*\*?\s*([\w$]+)/,
    /^(?:export\s+(?:default\s+)?)?class ([\w$]+)/,
    /^(?:export\s+)?(?:const|let|var)\s+(\{[^}]*\}|\[[^\]]*\]|[\w$]+)/,
    /^import\s+([^'"]+?)\s+from\b/,
    /^(?:module\.)?exports\.(\w+)\s*=/,
  ],
};

const READS: Readonly<Record<Language, RegExp>> = {
  python: /\binput\s*\(|\bstdin\b|\bopen\(\s*0|\bfileinput\b/,
  javascript: /\binput\b|readFileSync|\bstdin\b|\breadline\b/,
};

/** Outermost lines that do nothing by themselves. */
const INERT: Readonly<Record<Language, RegExp>> = {
  python: /^(?:$|\s|#|@|[)\]}'"]|(?:async )?def |class |import |from |sys\.setrecursionlimit)/,
  javascript:
    /^(?:$|\s|\/[/*]|[)\]}*'"`]|(?:export\s+)?(?:async\s+)?function\b|(?:export\s+)?class |import |(?:module\.)?exports\b)/,
};

function readBlock(code: string, language: Language): ProgramBlock {
  const lines = code.split('\n');
  const plain = withoutTexts(code, language);
  const isInert = (line: string): boolean =>
    INERT[language].test(line) ||
    (DEFINITIONS[language].some((pattern) => pattern.test(line)) && !READS[language].test(line));
  return {
    code,
    defines: new Set(lines.flatMap((line) => definedNames(line, language))),
    uses: new Set(plain.match(/[\w$]+/g)),
    reads: READS[language].test(plain),
    acts: lines.some((line) => !isInert(line)),
  };
}

function definedNames(line: string, language: Language): string[] {
  for (const pattern of DEFINITIONS[language]) {
    const [, names] = pattern.exec(line) ?? [];
    if (names === undefined) continue;
    // `a as b` and `a: b` define b
    return names
      .replace(/[()[\]{}]/g, '')
      .split(',')
      .flatMap((part) => /([\w$]+)\s*$/.exec(part)?.[1] ?? []);
  }
  return [];
}

function withoutTexts(code: string, language: Language): string {
  const texts =
    language === 'python'
      ? /'''[\s\S]*?'''|"""[\s\S]*?"""|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|#.*/g
      : /\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g;
  return code.replace(texts, ' ');
}
