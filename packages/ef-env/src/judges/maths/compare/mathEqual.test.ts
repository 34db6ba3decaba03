import { describe, expect, test } from 'vitest';
import { mathEqual } from './mathEqual.ts';

const EQUAL: [gold: string, answer: string][] = [
  ['\\frac{3}{4}', '\\frac{6}{8}'], ['\\frac46', '2/3'], ['\\frac{18}{7}', '2\\frac{4}{7}'], ['\\frac{18}{7}', '2 4/7'],
  ['1234567', '1{,}234{,}567'], ['1234567', '1,234,567'], ['1500', '1.5\\times 10^{3}'], ['1500', '1.5e3'], ['.5', '\\frac12'],
  ['0.1\\overline{6}', '\\frac{1}{6}'], ['\\sqrt{12}', '2\\sqrt3'], ['\\frac{1}{\\sqrt{5}}', '\\frac{\\sqrt5}{5}'],
  ['3+\\sqrt{2}', '\\sqrt{11+6\\sqrt{2}}'], ['\\sqrt[3]{-8}', '-2'], ['\\frac{1}{1+\\sqrt2}', '\\sqrt{2}-1'],
  ['2^{10}', '1024'], ['2^{n+1}', '2\\cdot 2^n'], ['4^n', '2^{2n}'], ['2^{300}', `${2n ** 300n}`], ['20!', '2432902008176640000'],
  ['\\frac{9}{4}\\pi', '9\u03c0/4'], ['e^{i\\pi}', '-1'], ['\\ln 12', '\\ln 3 + 2\\ln 2'], ['\\log_2 8', '3'], ['\\binom{10}{3}', '120'],
  ['\\sin\\frac{\\pi}{6}', '0.5'], ['\\tan 45^\\circ', '1'], ['\\frac{\\sqrt6+\\sqrt2}{4}', '\\cos 15^\\circ'],
  ['x^2-1', '(x-1)(x+1)'], ['\\frac{x+2}{x-1}', '1+\\frac{3}{x-1}'], ['\\cos^2 y', '1-\\sin^2 y'], ['|x|', '\\sqrt{x^2}'],
  ['3-2i', '-2i+3'], ['\\sum_{k=1}^{10} k', '55'], ['\\infty', '+\\infty'],
  ['x=5', '5'], ['5', '5 = x'], ['x = 11', 'x = 5+5+1 = 11'], ['1/3', 'x = 1/3 \\approx 0.33'], ['(p,q)=(3,2)', '(3,2)'],
  ['\\frac{NO}{BO}=\\frac{1}{\\sqrt6}', '\\frac{1}{\\sqrt{6}}'], ['2x+4y=3', 'y=\\frac{3}{4}-\\frac{x}{2}'], ['x<1', '-x > -1'],
  ['x \\le 2', '2 \\ge x'], ['x>3', '(3,\\infty)'], ['1\\le|z|\\le 2', '[-2,-1]\\cup[1,2]'], ['x\\ne 2', '(-\\infty,2)\\cup(2,\\infty)'],
  ['\\mathbb{R}\\setminus\\{2\\}', '(-\\infty,2)\\cup(2,\\infty)'], ['(-\\infty,1)\\cup(3,\\infty)', '(3,\\infty)\\cup(-\\infty,1)'],
  ['\\{1,2,3\\}', '\\{3,1,2\\}'], ['4,-8,-10', '-10,-8,4'], ['19, 46, and 82', '19, 46, \\text{ and } 82'], ['\\pm 3', '-3, 3'],
  ['1\\pm\\sqrt{19}', '1+\\sqrt{19}, 1-\\sqrt{19}'], ['p=5,q=2;p=7,q=2', '(5,2),(7,2)'], ['(1,\\frac{\\pi}{2})', '\\left(1, \\pi/2\\right)'],
  ['\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', '\\left[\\begin{array}{cc}1 & 2 \\\\ 3 & 4\\end{array}\\right]'],
  ['\\begin{pmatrix}6\\\\8\\end{pmatrix}', '\\begin{pmatrix}1\\\\3\\end{pmatrix}+\\begin{pmatrix}5\\\\5\\end{pmatrix}'],
  ['28\\%', '28'], ['28\\%', '0.28'], ['90^\\circ', '90 \\text{ degrees}'], ['15\\mbox{ cm}^2', '15'], ['\\$18.50', '18.5'],
  ['300\\text{ cm}', '3\\text{ m}'], ['204_5', '204_{5}'], ['3:4', '6:8'], ['\\text{(B)}', 'B'], ['\\text{Evelyn}', 'evelyn'],
  ['\\sqrt{4028033}', '\\sqrt{2003}\\sqrt{2011}'], ['\\sqrt{2}(x+\\pi)', '\\sqrt{2}\\pi + x\\sqrt{2}'],
  ['\\lfloor 3.7 \\rfloor', '3'], [']0,1[', '(0,1)'], ['\\frac{dy}{dx}=2x', '2x'],
]; // biome-ignore format: a table

const DIFFERENT: [gold: string, answer: string][] = [
  ['\\frac{1}{34!}', '\\frac{1}{35!}'], ['\\frac{1}{10^{99}}', '0'], ['2^{300}', `${2n ** 300n + 1n}`], ['1/3', '0.333'],
  ['6\\sqrt{5}', '5\\sqrt{6}'], ['\\sqrt{2}+i\\sqrt{3}', '\\sqrt{3}+i\\sqrt{2}'], ['\\sqrt{2}x+\\pi', '\\sqrt{3}x+\\pi'],
  ['\\sqrt{2}', '1.414'], ['\\pi', '3.14'], ['\\sqrt5', '\\sqrt{2}+\\sqrt{3}'], ['9^{9^{9^9}}', '9^{9^{9^8}}'], ['\\infty', '-\\infty'],
  ['x^2+2n+1', 'x^2+1'], ['\\sqrt{x^2}', 'x'], ['7=11a+c', '11a+c'], ['2x+z=1', '1'], ['2', 'x^2=4'], ['x>5', 'x<5'], ['x<1', 'x>-1'],
  ['[2,5)', '2 \\le x < 5'], ['(0,1)', '[0,1)'], ['(3,1)', '1,3'], ['(1,2)', '\\{1,2\\}'], ['\\pm 3', '3'], ['32349', '32, 349'],
  ['1,2,3', '1,2'], ['\\frac{18}{7}', '\\frac{2\\cdot 4}{7}'], ['5\\text{ cm}', '5\\text{ km}'], ['12:00', '1:00'], ['101_2', '110_2'],
  ['28\\%', '2.8'], ['f(x)', 'f(y)'], ['623', 'x = x'], ['623', '\\mathbb{R}'], ['623', '(-\\infty,\\infty)'], ['5', ''], ['119', '\\frac{0}{0}'],
]; // biome-ignore format: a table

describe('mathEqual', () => {
  test.each(EQUAL)('%s accepts %s', (gold, answer) => {
    expect(mathEqual(gold, answer)).toBe(true);
  });

  test.each(DIFFERENT)('%s refuses %s', (gold, answer) => {
    expect(mathEqual(gold, answer)).toBe(false);
  });

  test('decimals are exact with precision null, rounded to that many places otherwise', () => {
    expect(mathEqual('1/3', '0.333333')).toBe(true);
    expect(mathEqual('1/3', '0.333333', { precision: null })).toBe(false);
    expect(mathEqual('1/3', '0.33', { precision: 2 })).toBe(true);
    expect(mathEqual('1.2\\times10^{-9}', '1.3\\times10^{-9}')).toBe(false);
  });

  test('a reference interval accepts its inequality only on request', () => {
    expect(mathEqual('[2,5)', '2 \\le x < 5', { allowSetRelation: true })).toBe(true);
  });

  test('names of variables matter only if strict', () => {
    expect(mathEqual('f(x)', 'f(y)', { strict: false })).toBe(true);
  });
});
