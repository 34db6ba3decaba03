/** `(B) 12`, `B.`, `\textbf{(B)}\ 12`, `Option B`: the letter and what follows it. */
const CHOICE =
  /^(?:(?:the )?(?:correct )?(?:option|choice|answer)(?: is)?:?)?\s*(?:\(\s*([A-J])\s*\)|([A-J])(?=\s*(?:[).:]|$)))\s*[).:]?(.*)$/is;
/** Another choice after the first. */
const OTHER = /\(\s*[A-J]\s*\)|(?:^|[,;/&|]|\b(?:or|and)\b)\s*[A-J]\s*(?:[).:,;]|$)/;

/**
 * The letter that a bare answer to a multiple-choice question chooses; `''` where it names several, `null` where
 * it names none.
 */
export function chosenLetter(answer: string): string | null {
  const text = answer.replace(/\\(?:[a-zA-Z]+\*?|[,;:! ])|[{}$~]/g, ' ').trim();
  const match = CHOICE.exec(text);
  const letter = match?.[1] ?? match?.[2];
  if (match === null || letter === undefined || !/[A-J]/.test(letter)) return null;
  return OTHER.test(match[3]!.trim()) ? '' : letter;
}
