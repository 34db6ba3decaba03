/** Shorter ones are words that a text may hold for other reasons. */
const SHORTEST_SECRET = 6;

/** A function that takes these values out of any text. `undefined`: there is nothing to hide. */
export function hideSecrets(
  values: readonly (string | undefined)[],
): ((text: string) => string) | undefined {
  const secrets = values.filter((value) => value !== undefined && value.length >= SHORTEST_SECRET);
  const longestFirst = (secrets as string[]).sort((a, b) => b.length - a.length); // one may hold another
  if (longestFirst.length === 0) return undefined;
  return (text) => longestFirst.reduce((all, secret) => all.replaceAll(secret, '[hidden]'), text);
}

/** What of headers and an address is as secret as a key: whole values, and what follows a scheme such as `Bearer`. */
export function secretParts(headers: Record<string, string>, url: string): string[] {
  const query = [...new URL(url).searchParams.values()];
  const named = Object.entries(headers).filter(([name]) =>
    /auth|cookie|key|secret|token/i.test(name),
  );
  return [...query, ...named.flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')])];
}
