/** Prints each kind of sentence once, whatever its numbers. */
export function createPrinter(
  line: (text: string) => void,
): (step: number, advice: readonly string[]) => void {
  const said = new Set<string>();
  return (step, advice) => {
    for (const sentence of advice) {
      const kind = sentence.replace(/\d+/g, '');
      if (!said.has(kind)) line(`  update ${step}: ${sentence}`);
      said.add(kind);
    }
  };
}
