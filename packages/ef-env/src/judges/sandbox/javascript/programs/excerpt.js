/** `cut(text)`: a long text without its middle. */
export function excerptProgram() {
  const slice = Function.prototype.call.bind(String.prototype.slice);
  return (string) =>
    string.length > 4000 ? slice(string, 0, 2000) + ' ... ' + slice(string, -2000) : string;
}
