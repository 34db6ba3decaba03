import { expect, test } from 'vitest';
import { mathEqual } from '../compare/mathEqual.ts';
import { gradeMath } from './gradeMath.ts';

const r = String.raw;
type Row = [gold: string, right: string[], wrong?: string[]];

/** What models print around and between the symbols of an answer, and near misses in the same spelling. */
const KINDS: Record<string, Row[]> = {
  'rows of matrices': [
    [r`\begin{pmatrix}1&2\\3&4\end{pmatrix}`, [r`\begin{pmatrix}1&2\\[6pt]3&4\end{pmatrix}`, r`\begin{pmatrix}1 & 2 \\[0.5em] 3 & 4\end{pmatrix}`, r`\begin{pmatrix}1&2\\*3&4\end{pmatrix}`, r`\begin{pmatrix}1&2\cr 3&4\end{pmatrix}`, r`\begin{pmatrix}1&2\newline 3&4\end{pmatrix}`, r`\begin{pmatrix*}[r]1&2\\3&4\end{pmatrix*}`, r`\begin{bmatrix*}[c] 1 & 2 \\ 3 & 4 \end{bmatrix*}`, r`\left[\begin{array}{rr}1&2\\3&4\end{array}\right]`, r`\begin{pmatrix}1&2\\ [1ex] 3&4\end{pmatrix}`, r`\begin{pmatrix}1&2\tabularnewline 3&4\end{pmatrix}`, r`\begin{smallmatrix}1&2\\3&4\end{smallmatrix}`, r`\begin{array}[t]{cc}1&2\\3&4\end{array}`], [r`\begin{pmatrix}1&3\\[6pt]2&4\end{pmatrix}`, r`\begin{pmatrix*}[r]1&2\\3&5\end{pmatrix*}`, r`\begin{pmatrix}1&2\\6&3\\4\end{pmatrix}`]],
    [r`\begin{pmatrix}1\\-1\end{pmatrix}`, [r`\begin{pmatrix}1\\[2mm]-1\end{pmatrix}`, r`\begin{pmatrix*}[r]1\\-1\end{pmatrix*}`]],
  ],
  looks: [
    ['42', [r`\textcolor{red}{42}`, r`{\color{red}42}`, r`\color{blue}{42}`, r`\textcolor[rgb]{1,0,0}{42}`, r`\colorbox{yellow}{42}`, r`\mathtt{42}`, r`\Huge{42}`, r`\huge 42`, r`\LARGE{42}`, r`\pmb{42}`, r`\phantom{0}42`, r`\hphantom{-}42`, r`42 \checkmark`, r`42\;\checkmark`, '42 ✓', '42 ✅', r`\begin{aligned}42\end{aligned}`, r`\begin{align*}42\end{align*}`, r`\begin{gathered}42\end{gathered}`, r`4\!2`, r`\text{\textbf{42}}`, r`\text{\$42}`, r`\text{42\%}`, 'USD 42', r`US\$42`, r`\#42`, r`\text{USD }42`, r`42\text{ USD}`, r`42^{\text{th}}`, r`42^\text{th}`, r`42\text{nd}`, r`42^{\mathrm{nd}}`, r`42^{th}`, r`42^{o}`, r`42^o`, r`42^\text{o}`, r`42\text{J}`, r`42\,\text{J}`, r`42\,\mathrm{J}`, r`42\,\Omega`, r`42\text{ }\Omega`, r`42\text{ N}\cdot\text{m}`, r`42\,\mathrm{N\cdot m}`, r`42\frac{\text{m}}{\text{s}}`, r`42\,\frac{\mathrm{km}}{\mathrm{h}}`, r`42\ \mathrm{m/s^2}`, r`42\,\mathrm{m}\,\mathrm{s}^{-1}`, r`42\,\text{m}^2`, r`42\,\text{kg}\cdot\text{m}/\text{s}^2`, r`\text{min} = 42`, r`\text{Area} = 42`, 'x^*=42', r`x^{*}=42`, r`x^\ast = 42`, r`\underline{42}`, r`\underline{\underline{42}}`, r`\mathbf{\textcolor{red}{42}}`, r`\fcolorbox{red}{white}{42}`, r`\textstyle 42`, r`\mathrm{42}`, r`\bf{42}`, r`\text{Answer: } 42`, r`\text{Answer: }42`, r`\text{The answer is } 42`, r`\begin{aligned} x &= 40+2 \\ &= 42 \end{aligned}`, r`\begin{aligned}[t] x &= 42 \end{aligned}`, r`\tfrac{84}{2}`, r`42\,\unit{cm}`, r`42\ \text{cm}^{2}`, r`42\,{\rm cm}`, r`\$42\text{.}00`.replace(r`\text{.}`, '.')], [r`\textcolor{red}{41}`, r`\phantom{4}2`, r`4\!1`, r`\text{\textbf{41}}`, r`\text{41\%}`, r`42^2`, r`42^{t}`, r`42\Omega_0`, r`42j`, r`42\text{ N}\cdot x`, r`\frac{42}{\text{s}x}`, r`\text{min} = 41`, r`x^*=41`, r`\begin{aligned} x &= 40+2 \\ &= 43 \end{aligned}`, r`\text{not } 42`, r`42^{42}`, r`\begin{aligned}4\\2\end{aligned}`, r`\text{\$24}`]],
    ['-204', [r`\text{-}204`, r`\text{–}204`, r`\text{Answer: } -204`, r`-\text{204}`, r`\mathord{-}204`], [r`204`]], ['-5', [r`\text{Answer: } -5`, r`\text{The answer is } -5`], [r`\text{Answer: } 5`]], [r`\frac12`, [r`\textcolor{blue}{\frac{1}{2}}`, r`\boldsymbol{\frac12}`, r`\mathbf{\tfrac{1}{2}}`, r`\frac{\textcolor{red}{1}}{2}`, r`\dfrac{1}{\phantom{-}2}`]], ['18.90', [r`USD\ 18.90`, r`\text{USD}\ 18.90`, r`\$18.90`, r`18.90\text{ USD}`], [r`USD\ 18.80`]],
    ['0.75', [r`75\%`, r`\text{75\%}`], [r`\text{7.5\%}`]], ['90^\\circ', [r`90^\text{o}`, r`90^o`, '90^{\\circ}', '90\\degree'], ['80^o']],
  ],
  unions: [
    [r`(-\infty,1)\cup(3,\infty)`, [r`(-\infty,1)\bigcup(3,\infty)`, r`(-\infty,1) U (3,\infty)`, r`(-\infty,1)U(3,\infty)`, r`(-\infty,1)\lor(3,\infty)`, r`(-\infty,1)\text{ or }(3,\infty)`, r`(-\infty,1)\text{ U }(3,\infty)`, '(-∞, 1) ∪ (3, ∞)', r`(-\infty,1)\vee(3,\infty)`, r`(-\infty,1)\,\cup\,(3,\infty)`], [r`(-\infty,1]\bigcup(3,\infty)`, r`(-\infty,1) U (4,\infty)`, r`(-\infty,1)\bigcap(3,\infty)`]], ['(1,4)', [r`(1,3)\bigcup[2,4)`], []],
  ],
  'plus or minus': [
    ['5,-5', [r`\{\pm 5\}`, r`x\in\{\pm 5\}`, r`x=\{\pm5\}`, r`x=\pm 5`, r`\pm 5`, r`S=\{\pm5\}`, r`\{5,-5\}`, r`x \in \{-5, 5\}`], [r`\{\pm 4\}`, r`x\in\{\pm6\}`, r`\{5\}`, r`\{\pm5, 0\}`]], [r`2+\sqrt3,2-\sqrt3`, [r`x\in\{2\pm\sqrt3\}`, r`2\pm\sqrt3`, r`x=2\pm\sqrt{3}`], [r`x\in\{3\pm\sqrt3\}`]], [r`-1+i,-1-i`, [r`S=\{-1\pm i\}`, r`\{-1 \pm i\}`], [r`\{1\pm i\}`]], [r`\{-2,-1,1,2\}`, [r`\{\pm1,\pm2\}`, r`\pm1,\pm2`, r`x\in\{\pm1,\pm2\}`], [r`\{\pm1,2\}`]],
    [r`\{0,3,-3\}`, [r`\{0,\pm3\}`, r`0,\pm3`], [r`\{\pm3\}`]], [r`\{\pm 1\}`, ['1,-1', r`\pm1`, r`\{1,-1\}`, r`x=\pm1`], ['1', r`\{\pm1\}+2`]], [r`x=\{\pm 1\}`, ['1,-1', r`\pm1`], ['5', '1']], [r`(\pm1,2)`, ['(1,2),(-1,2)'], ['(1,2)']], [r`\pm 5\text{ cm}`, [r`5\text{ cm},-5\text{ cm}`], [r`5\text{ cm}`]], [r`\begin{pmatrix}\pm1\\2\end{pmatrix}`, [r`\begin{pmatrix}\pm1\\2\end{pmatrix}`], [r`\begin{pmatrix}1\\2\end{pmatrix}`, '1']],
    [r`\pm 50\%`, [r`50\%,-50\%`], [r`50\%`]], [r`|\pm 3|`, [r`|\pm 3|`, '3'], ['-3', '4']], ['1+2\\pm 3', ['6,0', r`3\pm3`, r`\{1+2\pm3\}`], ['6', '0']], [r`\pm\sqrt{2}`, [r`x\in\{\pm\sqrt2\}`], [r`\sqrt2`]],
  ],
  residues: [['2', [], [r`2 \operatorname{mod} 5`, r`2 \pmod 5`, r`2 \bmod 5`, r`2 \pmod{5}`, '2 mod 5', r`x\equiv 2\pmod 5`, r`2 \pod{5}`]], [r`2 \pmod 5`, [r`2 \bmod 5`, r`2\pmod{5}`, r`x\equiv 2\pmod 5`, '2 mod 5', r`7 \pmod 5`], ['2', r`3\pmod 5`, r`2\pmod 7`]], [r`x\equiv 2\pmod 5`, [r`2\pmod5`, r`x \equiv 7 \pmod{5}`], ['2', 'x=2', r`x\equiv 3\pmod 5`]]],
  'words before and after': [
    ['2', [r`\text{The answer is } 2`, r`\text{Answer: }2`, r`\text{Total: } 2`, r`\text{exactly } 2`, r`\text{about } 2`, r`x = 2`, r`2\text{ apples}`, r`\text{Area} = 2`], [r`\text{at least } 2`, r`\text{at most } 2`, r`\text{more than } 2`, r`\text{less than } 2`, r`\text{up to } 2`, r`\text{under } 2`, r`\text{half of } 2`, r`\text{twice } 2`, r`\text{negative } 2`, r`\text{minus } 2`, r`\text{all multiples of } 2`, r`\text{any number but } 2`, r`\text{no fewer than } 2`, r`2\text{ or more}`, r`2\text{ or fewer}`, r`2\text{ below zero}`, r`2\text{ dozen}`, r`2\text{ and above}`, r`2\text{ plus } 3`, r`\text{between } 2`]], ['24', [r`2\text{ dozen}`], [r`12\text{ dozen}`]], ['12', [], [r`12\text{ dozen}`]],
  ],
  logarithms: [
    [r`\log 100`, ['2', r`\ln 100`, r`\log_{10} 100`, r`2\log 10`], ['10', r`\log_2 100`, r`\log 101`]], ['2', [r`\log 100`, r`\log_{10} 100`, r`\lg 100`, r`\log(e^2)`, r`\ln e^2`], [r`\ln 100`, r`\log 10`, r`\log_e 100`]], [r`\ln 100`, [r`\log 100`, r`2\ln 10`], ['2', r`\log_{10} 100`, r`\lg 100`]], ['3', ['log(8)/log(2)', r`\frac{\log 8}{\log 2}`, r`\log 1000`, r`\log_2 8`], [r`\log 8`, r`\ln 1000`]], ['1', [r`\log 10`, r`\log e`, r`\ln e`], [r`\log 10 \cdot \log e`, r`\ln 10`]], [r`\log 2`, [r`\log 2`, '0.301030', '0.693147', r`\ln 2`], ['0.5', r`\log 3`]], [r`\log x + \log y`, [r`\log(xy)`], [r`\log(x+y)`]], [r`\log_5 7`, [r`\frac{\log 7}{\log 5}`, r`\frac{\ln 7}{\ln 5}`, r`\frac{\log 7}{\log 5}`], [r`\frac{\log 7}{\ln 5}\cdot 2`]],
  ],
  numbers: [
    ['1234567', [r`1\,234\,567`, '1{,}234{,}567', "1'234'567", '1.234.567', '12,34,567', '1 234 567', '1\u202f234\u202f567', r`1{\,}234{\,}567`, r`1\;234\;567`], ['1.234.568', '1.234,567'.replace(',', '.').replace('567', '56')]], ['1.2', [], ['1.2.3', '1.2.0']], ['70000', [r`70{,}000`, r`70\,000`, r`\$70,000`, '70,000', '70 000'], ['7,000']], ['0.001', ['1e-3', '1E-3', r`1\times10^{-3}`, r`10^{-3}`], ['1e-4']], ['12345.67', ['12,345.67', '12 345.67', "12'345.67"]],
  ],
}; // biome-ignore format: a table

test.each(Object.entries(KINDS))('%s: alone, in a box and between dollar signs', (_, rows) => {
  const faults: string[] = [];
  const check = (gold: string, answer: string, expected: boolean): void => {
    if (mathEqual(gold, answer) !== expected) faults.push(`${gold} and ${answer}: not ${expected}`);
    if (gradeMath(gold, `So we get \\boxed{${answer}}.`).correct !== expected)
      faults.push(`${gold} and boxed ${answer}: not ${expected}`);
  };
  for (const [gold, right, wrong = []] of rows) {
    for (const answer of right) check(gold, answer, true);
    for (const answer of wrong) check(gold, answer, false);
  }
  expect(faults).toEqual([]);
});
