import { describe, expect, test } from 'vitest';
import { createRandom } from '../../base/random.ts';
import { readChat } from './chatWriting.ts';
import { codewordsChat } from './codewordsChat.ts';
import { codewordsChatExample } from './codewordsChatExample.ts';
import { codewordsTask } from './codewordsTask.ts';
import { DOMAIN_WORDS, LEXICON } from './lexicon.ts';
import { applyOperations, OPERATIONS } from './operations.ts';

const task = { digits: '4876', words: ['rav', 'bot'] };
const options = { signal: new AbortController().signal, seed: 0 } as never; // it reads neither

async function answerTo(attempt: string, feedback?: 'step' | 'none') {
  const episode = codewordsChat(feedback ? { feedback } : {}).start();
  await episode.reset(task, options);
  return episode.step(attempt, options);
}

describe('codewordsChat', () => {
  test.each([
    ['rav: left 8764\nbot: pairs 7846\nAnswer: 7846', 'That is right.'],
    ['nothing of the kind\nAnswer: 7846', 'That is right.'],
    [
      'rav: left 8764\nbot: flip 1235\nAnswer: 1235',
      'Not right. In step 2 the word bot means pairs, not flip. Please try again.',
    ],
    [
      'rav: left 8746\nbot: pairs 7864\nAnswer: 7864',
      'Not right. In step 1 the rule left makes 8764 of 4876, not 8746. Please try again.',
    ],
    [
      'rav: turn it 8764\nAnswer: 8764',
      'Not right. In step 1 the word rav means left. Please try again.',
    ],
    [
      'rav: left 8764\nbot: constructor 7846\nAnswer: 1',
      'Not right. In step 2 the word bot means pairs. Please try again.',
    ],
    [
      'rav: left 8764\nbot: pairs 7846\nAnswer: 7864',
      'Not right. The steps lead to the answer 7846. Please try again.',
    ],
    ['', 'Not right. In step 1 the word rav means left. Please try again.'],
  ])('names the first mistake of %j', async (attempt, feedback) => {
    const right = feedback === 'That is right.';
    expect(await answerTo(attempt)).toEqual({ feedback, reward: Number(right), done: right });
  });

  test('without feedback ends after one attempt and tells nothing', async () => {
    expect(await answerTo('rav: left 1', 'none')).toEqual({ reward: 0, done: true });
  });

  test('refuses what is no task, and an option that it has not', async () => {
    const episode = codewordsChat().start();
    const bad = { digits: '12', words: ['rav'] };
    await expect(episode.reset(bad, options)).rejects.toThrow(
      'codewordsChat: a task is four digits',
    );
    expect(() => codewordsChat({ feedback: 'full' as never })).toThrow('codewordsChat: feedback');
  });

  test('asks and answers in the same form: a perfect answer to any task is right', async () => {
    const random = createRandom(4);
    for (let i = 0; i < 50; i++) {
      const { digits, words } = codewordsTask(random, { split: 'train' });
      const meanings = words.map((word) => LEXICON[word]!);
      const results = applyOperations(meanings, digits);
      const lines = words.map((word, k) => `${word}: ${meanings[k]} ${results[k]}`);
      const { steps, answer } = readChat([...lines, `Answer: ${results.at(-1)}`].join('\n'));
      expect(steps).toHaveLength(words.length);
      expect(answer).toBe(results.at(-1));
    }
  });
});

describe('codewordsChatExample', () => {
  test('shows the form and the rules, and no code word', () => {
    const random = createRandom(3);
    const examples = Array.from({ length: 200 }, () => codewordsChatExample(random));
    expect(examples.slice(0, 4)).toMatchInlineSnapshot(`
      [
        {
          "completion": "flip: flip 9649
      ends: ends 9649
      pairs: pairs 6994
      Answer: 6994",
          "prompt": "Start with 0350 and apply: flip, ends, pairs. Write one line for each word, as "word: rule digits", then "Answer: digits".",
        },
        {
          "completion": "miz: flip 2274
      rul: ends 4272
      Answer: 4272",
          "prompt": "Here miz means flip, rul means ends. Start with 7725 and apply: miz, rul. Write one line for each word, as "word: rule digits", then "Answer: digits".",
        },
        {
          "completion": "left: left 7182
      left: left 1827
      Answer: 1827",
          "prompt": "Start with 2718 and apply: left, left. Write one line for each word, as "word: rule digits", then "Answer: digits".",
        },
        {
          "completion": "gin: dec 4955
      red: pairs 9455
      gil: flip 0544
      Answer: 0544",
          "prompt": "Here gin means dec, red means pairs, gil means flip. Start with 5066 and apply: gin, red, gil. Write one line for each word, as "word: rule digits", then "Answer: digits".",
        },
      ]
    `);
    for (const { prompt, completion } of examples) {
      const { steps, answer } = readChat(completion);
      let digits = /Start with (\d{4})/.exec(prompt)![1]!;
      for (const step of steps) {
        digits = OPERATIONS[step.meaning as keyof typeof OPERATIONS](digits);
        expect(step.digits).toBe(digits);
      }
      expect(answer).toBe(digits);
      const said = `${prompt} ${completion}`.split(/\W+/);
      expect(said.filter((word) => DOMAIN_WORDS.includes(word))).toEqual([]);
    }
  });
});
