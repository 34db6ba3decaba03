/** Where nobody said who is told. */
export function warn(message: string): void {
  // biome-ignore lint/suspicious/noConsole: what trains wrongly without an error must be seen; onWarning redirects it
  console.warn(message);
}
