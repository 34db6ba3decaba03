import { createHash } from 'node:crypto';
import { RequestError } from '../../server/requestError.ts';

/** Answers to requests that carry a number: one that is sent again, because its answer was lost, is done once. */
export interface OnceEach<Answer> {
  /**
   * @param key - what numbers the request; undefined: nothing does, and it is done each time.
   * @param body - what was asked.
   * @throws {RequestError} 409 if that number was of another request.
   */
  answer(key: string | undefined, body: Uint8Array, make: () => Promise<Answer>): Promise<Answer>;
}

/** @param most - so many are remembered, the latest. */
export function onceEach<Answer>(most = 4096): OnceEach<Answer> {
  const known = new Map<string, { hash: string; answer: Promise<Answer> }>();
  return {
    answer(key, body, make) {
      if (key === undefined) return make();
      const hash = createHash('sha256').update(body).digest('hex');
      const before = known.get(key);
      if (before) {
        if (before.hash === hash) return before.answer;
        const said = `${key} was of another request. Count on, or send the same once more.`;
        return Promise.reject(new RequestError(409, said));
      }
      const answer = make();
      known.set(key, { hash, answer });
      answer.catch(() => known.delete(key)); // refused, so not done
      for (const oldest of known.keys()) {
        if (known.size <= most) break;
        known.delete(oldest);
      }
      return answer;
    },
  };
}
