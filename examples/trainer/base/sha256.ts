/** SHA-256 as hexadecimal digits, in Node and in browsers. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const whole = bytes as Uint8Array<ArrayBuffer>; // shared memory is not hashed here
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
