// For tests only.

/** Code and message of what `call` rejects with, ports left out. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no failure',
    (error: Error & { code?: string }) =>
      `${error.code}: ${error.message.replaceAll(/(127\.0\.0\.1):\d+/g, '$1')}`,
  );
}
