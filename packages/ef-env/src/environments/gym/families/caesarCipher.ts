import { containsScore } from '../core/containsScore.ts';
import { between, type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';
import { WORDS } from '../core/words.ts';

export interface CaesarCipherData {
  rotation: number;
  cipher_text: string;
  clear_text: string;
}

const shift = (text: string, by: number): string =>
  text.replace(/[A-Z]/g, (c) => String.fromCharCode(((c.charCodeAt(0) - 65 + by + 26) % 26) + 65));

/** Read a text whose letters were shifted. Small letters are accepted. */
export const caesarCipher: GymFamily<CaesarCipherData> = {
  name: 'caesar_cipher',
  levels: 4,
  generate: (random, level) => {
    const clear = Array.from({ length: 2 + 3 * level }, () => random.choice(WORDS))
      .join(' ')
      .toUpperCase();
    const rotation = between(random, 1, level === 0 ? 3 : 25);
    const cipher = shift(clear, rotation);
    return {
      question: `Every letter of this text was moved the same number of places on in the alphabet: ${cipher}. Answer with the original text only.`,
      answer: clear,
      data: { rotation, cipher_text: cipher, clear_text: clear },
    };
  },
  judge: ({ data }, answer) => {
    const [got, want] = [
      answer.trim().toUpperCase().replace(/\s+/g, ' ').split(' '),
      data.clear_text.split(' '),
    ];
    const at = want.findIndex((word, i) => word !== got[i]);
    if (at < 0 && got.length === want.length) return RIGHT;
    if (got.length !== want.length)
      return wrong(`The text has ${got.length} words instead of ${want.length}.`);
    const cipher = data.cipher_text.split(' ')[at]!;
    const by = [...Array(26).keys()].find((n) => shift(cipher, -n) === got[at]);
    return wrong(
      by === undefined
        ? `Word ${at + 1}: ${cipher} does not become ${got[at]}: its letters were moved differently.`
        : `Word ${at + 1}: the letters were not moved by ${by}.`,
    );
  },
  referenceScore: containsScore,
};
