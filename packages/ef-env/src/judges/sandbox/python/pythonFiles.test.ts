import { describe, expect, test } from 'vitest';
import { ERRNO, pythonFiles } from './pythonFiles.ts';

const READ = 0;
const WRITE = 0o1;
const CREATE = 0o102;
const files = () => {
  const all = pythonFiles({ path: '/lib/python.zip', bytes: Uint8Array.of(1, 2, 3) });
  all.reset('in');
  return all;
};

describe('pythonFiles', () => {
  test('the library can be read, from any spelling of its path', () => {
    const all = files();
    for (const path of ['/lib/python.zip', 'lib/./python.zip', '../../lib/x/../python.zip']) {
      expect(all.file(all.open(path, READ))?.bytes).toEqual(Uint8Array.of(1, 2, 3));
      expect(all.status(path)).toMatchObject({ size: 3 });
    }
  });

  test('nothing else can be opened, listed or written', () => {
    const all = files();
    expect(all.open('/etc/passwd', READ)).toBe(-ERRNO.noEntry);
    expect(all.open('/lib', READ)).toBe(-ERRNO.notPermitted);
    expect(all.open('/lib/python.zip', WRITE)).toBe(-ERRNO.readOnly);
    expect(all.open('/tmp/x', CREATE)).toBe(-ERRNO.readOnly);
  });

  test('reset undoes what a program did to the descriptors', () => {
    const all = files();
    all.duplicate(2, 1);
    all.close(0);
    expect(all.open('/dev/null', READ)).toBe(3);
    all.reset('next');
    expect(all.file(1)?.stream).toBe('stdout');
    expect(new TextDecoder().decode(all.file(0)?.bytes)).toBe('next');
    expect(all.file(3)).toBeUndefined();
  });
});
