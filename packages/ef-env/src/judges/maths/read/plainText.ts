const WRAPPERS =
  /\\(?:text(?:bf|it|rm|sf|normal|up|tt)?|mbox|hbox|mathrm|mathbf|mathit|operatorname\*?)\s*(?=\{)/g;
const WRAPPED = /^\{[^{}]*\}$/;

/** Words as they are compared: without `\text`, spaces, outer brackets of a choice; small letters unless it is one letter. */
export function plainText(text: string): string {
  const bare = text.includes('\\') ? text.replace(WRAPPERS, '') : text;
  let s = bare
    .replace(/\\[,;:! ]|\\q?quad(?![a-zA-Z])|[$\s~]/g, ' ')
    .trim()
    .replace(/(?<=\d)\s+(?=\d)/g, '\u0000') // `1 2` is not `12`
    .replace(/\s+/g, '');
  while (WRAPPED.test(s)) s = s.slice(1, -1);
  s = s.replace(/\.$/, '');
  if (/^\(\{?[A-Za-z]\}?\)$/.test(s)) s = s.replace(/[(){}]/g, '');
  if (/^\{[A-Za-z]+\}$/.test(s)) s = s.slice(1, -1);
  return /^[A-Za-z{}()'-]{2,}$/.test(s) ? s.toLowerCase().replace(/[{}]/g, '') : s;
}
