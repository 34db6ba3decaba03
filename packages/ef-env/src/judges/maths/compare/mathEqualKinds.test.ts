import { expect, test } from 'vitest';
import { gradeMath } from '../graders/gradeMath.ts';
import { mathEqual } from './mathEqual.ts';

const r = String.raw;
type Row = [gold: string, right: string[], wrong?: string[]];

/** What each reference accepts and refuses, by kind; the truth is by construction. */
const KINDS: Record<string, Row[]> = {
  fraction: [
    [r`\dfrac{7}{12}`, [r`\tfrac{14}{24}`, '7/12'], [r`\frac{12}{7}`]], [r`-\dfrac{7}{12}`, [r`\dfrac{-7}{12}`, r`\dfrac{7}{-12}`]],
    [r`\frac{a+b}{c}`, [r`\frac{a}{c}+\frac{b}{c}`], [r`a+\frac{b}{c}`]], [r`\frac{1}{\frac{2}{3}}`, ['1.5']], [r`\cfrac{1}{1+\cfrac{1}{2}}`, [r`\frac23`]], [r`\frac{x}{y}`, ['x/y']],
    [r`\frac{x}{2y}`, ['x/(2y)']], [r`\frac{3x}{4}`, [r`\frac34x`], [r`\frac{3}{4x}`]], [r`{3 \over 4}`, ['0.75']], [r`\frac{1}{2}`, ['½']], [r`2\frac12`, ['2½']], [r`\frac{2}{3}`, ['⅔']],
    [r`\frac{5}{8}`, ['⅝']], [r`\frac{1}{8}`, ['⅛']], [r`\frac{1}{5}`, ['⅕']], [r`\frac{3}{4}`, ['3⁄4']], ['3/4', [r`\frac{3}{4}`]], [r`\frac {3} {4}`, [r`\frac34`]],
    [r`\displaystyle\frac{3}{4}`, ['3/4']], [r`\left(\frac{3}{4}\right)`, ['3/4']], ['(3)/(4)', ['3/4']], [r`\nicefrac{3}{4}`, ['3/4']], [r`\sfrac{3}{4}`, ['3/4']],
  ],
  mixed: [
    [r`3\frac{1}{7}`, [r`\frac{22}{7}`], [r`\frac{3}{7}`]], [r`3\tfrac17`, ['22/7']], [r`-3\frac{1}{7}`, [r`-\frac{22}{7}`], [r`-\frac{20}{7}`]], [r`3\ \frac{1}{7}`, [r`\frac{22}{7}`]],
    ['3 1/7', ['22/7']], [r`1\frac{1}{2}`, ['1.5'], ['0.5']], [r`3 + \frac17`, [r`3\frac17`]], [r`3\cdot\frac17`, [], [r`3\frac17`]],
  ],
  units: [
    [r`12\text{ cm}`, ['12', r`12\,\text{cm}`, r`0.12\text{ m}`, r`120\text{ mm}`, '12cm'], [r`12\text{ m}`]], ['12', [r`12\text{ cm}`]],
    [r`12\text{ cm}^2`, [r`12\text{ cm}^2`, r`12\text{ square centimeters}`]], [r`60\text{ mph}`, [r`60\text{ miles per hour}`]], [r`60\text{ km/h}`, ['60', r`60\,\mathrm{km}/\mathrm{h}`]],
    [r`5\text{ hours}`, [r`300\text{ minutes}`], [r`5\text{ minutes}`]], [r`3\text{ apples}`, ['3'], ['4']], [r`2\pi\text{ radians}`, [r`2\pi`]],
    [r`9.8\ \text{m/s}^2`, ['9.8', r`9.8 \text{ m/s}^2`]], ['12 cm', ['12']], ['5 kg', [], ['5 g']], [r`1\text{ L}`, [r`1000\text{ mL}`]],
    [r`10\text{ ft}`, [r`10\text{ feet}`], [r`10\text{ inches}`]], [r`\frac{3}{4}\text{ mile}`, [r`0.75\text{ miles}`]], [r`7 \mathrm{~cm}`, ['7']], [r`7\operatorname{cm}`, ['7']],
    [r`15\text{ cubic units}`, ['15']], [r`15\text{ units}^2`, ['15']], [r`3\text{ feet }2\text{ inches}`, [r`38\text{ inches}`], ['6']], [r`5\text{ kg}`, [], [r`5\text{ cm}`]],
    [r`20^\circ C`, [], [r`20^\circ F`]],
  ],
  percent: [
    [r`45\%`, [r`45\%`, '0.45', '45', '45 percent'], [r`4.5\%`, r`54\%`, '4500', r`-45\%`]], [r`12.5\%`, [r`\frac{1}{8}`, r`12\frac12\%`]], [r`33\frac{1}{3}\%`, [r`\frac13`]],
    [r`100\%`, ['1']], [r`45\text{ percent}`, [r`45\%`]],
  ],
  currency: [
    [r`\$12.50`, ['12.5', r`\$12.5`, r`12.50\text{ dollars}`, r`1250\text{ cents}`], [r`\$1250`]], ['12.50', ['$12.50$']], [r`\$1{,}250`, ['1250']], [r`\$1,250.00`, ['1250']], ['€20', ['20']],
    ['£20', ['20']], ['20', [r`20 \text{ euros}`, '₹20']], ['¥20', ['20']], [r`20\text{ dollars}`, [], [r`\$21`]], [r`\textdollar 20`, ['20']], [r`25\text{ cents}`, [r`\$0.25`]],
    [r`25\mbox{¢}`, ['25']], [r`\$25`, [], [r`25\text{ cents}`]],
  ],
  degrees: [
    [r`30^\circ`, ['30', r`30\text{ degrees}`], [r`60^\circ`, r`\frac{\pi}{6}`]], [r`30^{\circ}`, ['30°']], [r`30\degree`, ['30']], [r`30^\circ C`, ['30']], [r`\sin 30^\circ`, ['1/2']],
    [r`\tan 60^\circ`, [r`\sqrt3`]], [r`30^{\circ}\text{C}`, [r`30^\circ`]],
  ],
  interval: [
    ['(-2,5]', [r`\left(-2, 5\right]`, r`x\in(-2,5]`], ['[-2,5]', '(-2,5)', '(5,-2]']], [r`(-\infty,3)`, [r`(-\infty , 3)`], [r`(-\infty,3]`, r`(3,\infty)`]],
    [r`[0,\infty)`, [r`[0,+\infty)`], [r`(0,\infty)`]], [r`(1,2)\cup(3,4)`, [r`(3,4)\cup(1,2)`], ['(1,2),(3,4)', '(1,4)']], [r`(1,2]\cup[2,4)`, ['(1,4)']],
    [r`(-\infty,0)\cup(0,\infty)`, [r`\mathbb{R}\setminus\{0\}`], [r`\mathbb{R}`, r`x\neq 0`]], [r`(-\infty,\infty)`, [r`\mathbb{R}`]], [r`\mathbb{R}`, [r`(-\infty,\infty)`]],
    [r`\left[\frac12,\sqrt2\right)`, [r`[0.5,\sqrt{2})`]], ['[-1,1]', [], [r`\{x : -1\le x\le 1\}`]], ['(0,1)', [']0;1[']], ['[0,1]', ['[0;1]']], [r`\{1\}\cup(2,3)`, [r`(2,3)\cup\{1\}`]],
    [r`\emptyset`, [r`\varnothing`, r`\{\}`], [r`\{0\}`]], [r`(2,3)\cap(1,2.5)`, ['(2,2.5)']],
  ],
  set: [
    [r`\{1,2,3\}`, [r`\{3,2,1\}`, '1,2,3', r`\{1,2,2,3\}`], [r`\{1,2\}`, r`\{1,2,3,4\}`, r`\mathbb{Z}`]], [r`\{(1,2),(3,4)\}`, [r`\{(3,4),(1,2)\}`], [r`\{(2,1),(3,4)\}`]],
    [r`\{\frac12,\pi\}`, [r`\{\pi,0.5\}`]], [r`\left\{-1,1\right\}`, [r`\pm1`]], [r`\{a,b\}`, [r`\{b,a\}`]], [r`\{0\}`, ['0']], [r`\{5\}`, ['5']], [r`\lbrace 1,2\rbrace`, [r`\{1,2\}`]],
    [r`\{x\mid x>3\}`, ['x>3', r`(3,\infty)`], ['x<3']], [r`\{x\in\mathbb{R}: x>3\}`, ['x>3']],
  ],
  tuple: [
    ['(3,-4)', ['(3, -4)', '3,-4', '(x,y)=(3,-4)', 'x=3,y=-4', r`\langle 3,-4\rangle`, r`\begin{pmatrix}3\\-4\end{pmatrix}`], ['(-4,3)', '-4,3', 'x=-4,y=3', '[3,-4]']],
    ['(3,-4,5)', [], ['(3,-4)']], [r`(\frac12,\sqrt2)`, [r`(0.5,\sqrt{2})`]], [r`(2,\frac{\pi}{3})`, [r`\left(2,\frac{\pi}{3}\right)`]],
    ['(1,2),(3,4)', ['(3,4),(1,2)', r`(1,2)\text{ and }(3,4)`], ['(1,3),(2,4)']], ['(x,y,z)=(1,2,3)', ['x=1, y=2, z=3']], ['x=1,y=2', ['y=2,x=1'], ['x=2,y=1']], ['A(1,2)', ['(1,2)']],
    ['P=(1,2)', ['(1,2)']], ['(1;2)', ['(1,2)']], ['(x, y) = (3, -4)', ['(3,-4)']],
  ],
  matrix: [
    [r`\begin{pmatrix}1&2\\3&4\end{pmatrix}`, [r`\begin{bmatrix}1&2\\3&4\end{bmatrix}`, r`\begin{matrix}1&2\\3&4\end{matrix}`, '[[1,2],[3,4]]'], [r`\begin{pmatrix}1&3\\2&4\end{pmatrix}`, r`\begin{pmatrix}1&2\\3&5\end{pmatrix}`, r`\begin{pmatrix}1&2&3&4\end{pmatrix}`]],
    [r`\begin{pmatrix}1/2&0\\0&1\end{pmatrix}`, [r`\frac12\begin{pmatrix}1&0\\0&2\end{pmatrix}`]], [r`\begin{pmatrix}1\\2\\3\end{pmatrix}`, [], [r`\begin{pmatrix}1&2&3\end{pmatrix}`]],
    [r`\begin{pmatrix} 1 & 2 \\ 3 & 4 \\ \end{pmatrix}`, [r`\begin{pmatrix}1&2\\3&4\end{pmatrix}`]],
    [r`\begin{smallmatrix}1&2\\3&4\end{smallmatrix}`, [r`\begin{pmatrix}1&2\\3&4\end{pmatrix}`]], [r`\begin{pmatrix}x+1\\y\end{pmatrix}`, [r`\begin{pmatrix}1+x\\y\end{pmatrix}`]],
    [r`A=\begin{pmatrix}1&2\\3&4\end{pmatrix}`, [r`\begin{pmatrix}1&2\\3&4\end{pmatrix}`]],
  ],
  cases: [
    [r`\begin{cases}x=1\\y=2\end{cases}`, [r`\begin{cases}x=1\\y=2\end{cases}`, 'x=1, y=2', '(1,2)'], [r`\begin{cases}x=2\\y=1\end{cases}`]],
    [r`\begin{cases} x & x>0 \\ -x & x\le 0\end{cases}`, [r`\begin{cases} x & x>0 \\ -x & x\leq 0\end{cases}`], [r`\begin{cases} x & x>0 \\ x & x\leq 0\end{cases}`]],
    [r`\begin{cases} x & \text{if } x>0 \\ -x & \text{otherwise}\end{cases}`, [r`\begin{cases} x, & \text{if } x>0 \\ -x, & \text{otherwise}\end{cases}`]],
  ],
  inequality: [
    ['x>4', ['4<x', r`(4,\infty)`, '2x>8'], [r`x\ge4`, 'x', 'x>5', r`x \not< 4`, r`-\infty<x<\infty`, r`x\in\mathbb{R}`]],
    [r`-1<x\le3`, [r`3\ge x>-1`, '(-1,3]', r`x>-1\text{ and }x\le3`], [r`-1\le x\le3`]], [r`x<-2\text{ or }x>2`, ['|x|>2', r`(-\infty,-2)\cup(2,\infty)`], ['x<-2', '-2<x<2']],
    ['|x|<3', ['-3<x<3']], [r`x\geqslant 2`, [r`x\ge2`]], ['2x>8', ['x>4']], [r`a\neq b`, [r`b\ne a`]], ['0<a<1', [r`a\in(0,1)`]], [r`n\ge 1`, [], ['n>0']], ['x≥2', [r`x\ge2`]],
    ['x>=2', [r`x\ge2`]], [r`x\le -1 \text{ or } x\ge 5`, [r`x\in(-\infty,-1]\cup[5,\infty)`]], [r`-\frac12<x<\frac12`, ['|x|<0.5']], ['x>2,y<5', ['y<5,x>2'], ['x>0,y<9']],
    ['x>2, y<5', [], ['x<5, y>2']], ['x>3', [], ['y>3']],
  ],
  plusMinus: [
    [r`\pm5`, ['5,-5', r`-5\text{ or }5`], ['5']], [r`2\pm\sqrt3`, [r`2+\sqrt3,2-\sqrt3`], [r`2+\sqrt3`, r`-2\pm\sqrt3`]], [r`x=\pm2i`, [r`x=2i\text{ or }x=-2i`]],
    [r`\frac{-1\pm\sqrt5}{2}`, [r`\frac{-1+\sqrt5}{2},\frac{-1-\sqrt5}{2}`]], [r`\pm1,\pm2`, ['-2,-1,1,2']], ['5,-5', ['±5']], [r`x=\frac{3\pm\sqrt{17}}{4}`, [r`\frac{3\pm\sqrt{17}}{4}`]],
    [r`\pm 5`, ['+5, -5', r`\mp 5`]],
  ],
  logs: [
    [r`\log_2 32`, ['5']], [r`\log_{3}81`, ['4']], [r`\log_4 8`, [r`\frac32`]], [r`\log_2 3`, [r`\frac{\ln3}{\ln2}`], [r`\log_3 2`]], [r`\log_{10}1000`, ['3']], [r`\lg 100`, ['2']],
    [r`\ln e^2`, ['2']], [r`\ln\sqrt e`, ['0.5']], [r`\log_a b\cdot\log_b a`, ['1']], [r`3\ln2`, [r`\ln8`]], [r`\ln\frac{1}{2}`, [r`-\ln2`]], [r`\ln 6-\ln 3`, [r`\ln2`], [r`\ln3`]],
    [r`\log_{\frac12}8`, ['-3']], [r`\log_{\sqrt2}4`, ['4']], [r`e^{\ln 7}`, ['7']], [r`2^{\log_2 5}`, ['5']], [r`\ln(a)+\ln(b)`, [r`\ln(ab)`]], [r`1+\log_2 3`, [r`\log_2 6`]],
  ],
  radicals: [
    [r`\sqrt{50}`, [r`5\sqrt2`]], [r`\sqrt{2}\sqrt{3}`, [r`\sqrt6`]], [r`\sqrt[3]{54}`, [r`3\sqrt[3]{2}`]], [r`\sqrt{3-2\sqrt2}`, [r`\sqrt2-1`], [r`1-\sqrt2`]],
    [r`\sqrt{2+\sqrt{3}}`, [r`\frac{\sqrt6+\sqrt2}{2}`]], [r`\frac{2}{\sqrt3}`, [r`\frac{2\sqrt3}{3}`]], [r`\frac{1}{\sqrt2+\sqrt3}`, [r`\sqrt3-\sqrt2`]], [r`\sqrt[4]{16}`, ['2']],
    [r`\sqrt[3]{27}+\sqrt{4}`, ['5']], [r`\sqrt{\sqrt{16}}`, ['2']], [r`\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}`, ['1']], [r`\sqrt5`, ['5^{1/2}', '5^{0.5}', '√5']], ['2√5', [r`\sqrt{20}`]],
    ['√(5)', [r`\sqrt5`]], ['∛8', ['2']], [r`\sqrt{x^3}`, ['x^{3/2}']], [r`\sqrt{8}`, ['2.828427'], ['4', '2.83']], [r`\sqrt{-4}`, ['2i']], [r`\sqrt{2}`, [], [r`-\sqrt2`]],
    [r`\surd 2`, [r`\sqrt2`]], [r`\sqrt 2`, [r`\sqrt{2}`]], [r`\sqrt{1+\sqrt{2+\sqrt{3}}}`, [r`\sqrt{1+\frac{\sqrt6+\sqrt2}{2}}`]],
  ],
  trig: [
    [r`\cos\frac{\pi}{4}`, [r`\frac{\sqrt2}{2}`]], [r`\sin 75^\circ`, [r`\frac{\sqrt6+\sqrt2}{4}`]], [r`\tan\frac{\pi}{8}`, [r`\sqrt2-1`]], [r`\cos 36^\circ`, [r`\frac{1+\sqrt5}{4}`]],
    [r`\arctan 1`, [r`\frac\pi4`]], [r`\sin^{-1}\frac12`, [r`\frac\pi6`]], [r`\arcsin\frac12`, [], [r`\frac\pi3`]], [r`2\sin x\cos x`, [r`\sin 2x`]],
    [r`\sin(x+y)`, [r`\sin x\cos y+\cos x\sin y`]], [r`\sec^2x`, [r`1+\tan^2x`]], [r`\sin x`, [], [r`\cos x`]], [r`\tan x`, [r`\frac{\sin x}{\cos x}`]], [r`\cos 2x`, [r`2\cos^2x-1`]],
    [r`\cos^{-1}(x)`, [r`\arccos x`]], [r`\sinh x`, [r`\frac{e^x-e^{-x}}{2}`]], [r`\arctan\frac{1}{2}+\arctan\frac{1}{3}`, [r`\frac{\pi}{4}`]], [r`\sin(\pi)`, ['0']],
    [r`\operatorname{arctan}(2)`, [r`\tan^{-1} 2`]], [r`\sin\left(\frac{\pi}{2}-x\right)`, [r`\cos x`]], [r`\mathrm{arccot}\,1`, [r`\frac{\pi}{4}`]], [r`\sin{x}`, [r`\sin x`]],
  ],
  complex: [
    ['3+4i', ['4i+3', r`3+4\mathrm{i}`], ['3-4i']], [r`\frac{1}{1+i}`, [r`\frac{1-i}{2}`]], ['i^2', ['-1']], ['(1+i)^2', ['2i']], ['|3+4i|', ['5']], [r`e^{i\pi/2}`, ['i']],
    [r`\cos\frac\pi3+i\sin\frac\pi3`, [r`\frac12+\frac{\sqrt3}{2}i`]], [r`2\operatorname{cis}60^\circ`, [r`1+\sqrt3i`]], ['-i', [r`\frac1i`]],
    [r`1+\sqrt{3}i`, [r`1+i\sqrt3`], [r`1+\sqrt{3i}`]], [r`2e^{i\pi/3}`, [r`1+i\sqrt3`]],
  ],
  base: [
    ['1101_2', ['1101_{2}', '1101', '15_8', r`1101_{\text{base }2}`], ['1011_2', '1101_3']], ['2A_{16}', ['2A_{16}', '2a_{16}'], ['2B_{16}']], [r`1101_{\text{two}}`, ['1101_2']],
    ['ABC_{12}', [], ['ABD_{12}']],
  ],
  repeating: [
    [r`0.\overline{3}`, [r`\frac13`], [r`0.\overline{6}`]], [r`0.\overline{36}`, [r`\frac{4}{11}`], ['0.36']], [r`0.1\overline{6}`, [r`\frac16`]], [r`0.\dot{3}`, [r`\frac13`]],
    [r`2.\overline{45}`, [r`\frac{27}{11}`]], [r`0.333\ldots`, [r`\frac13`]], [r`0.\bar{3}`, ['1/3']], [r`.\overline{9}`, ['1']], ['0.363636...', [r`\frac{4}{11}`]],
    [r`0.\overline{142857}`, [r`\frac17`]], [r`-0.\overline{3}`, [r`-\frac13`]], [r`0.\dot{1}4285\dot{7}`, [r`\frac17`]],
  ],
  scientific: [
    [r`3.2\times10^5`, ['320000', '320,000', '3.2e5', r`32\times10^4`], [r`3.2\times10^6`]], [r`3.2\times10^{-5}`, ['0.000032', '3.2E-5'], [r`3.2\times10^{5}`]], ['3.2×10^5', ['320000']],
    ['3.2·10⁵', ['320000']], ['3.2 x 10^5', ['320000']], [r`6.67\cdot10^{-11}`, [r`6.67\times10^{-11}`]], [r`6.67\times10^{-11}`, [], [r`6.68\times10^{-11}`]], ['10^{100}', [], ['10^{101}']],
    [r`3.2\cdot 10^{5}`, ['3.2*10**5']],
  ],
  combinatorial: [
    [r`\binom{8}{3}`, ['56', r`\binom{8}{5}`], [r`\binom{8}{4}`]], [r`{8 \choose 3}`, ['56']], [r`\frac{8!}{3!5!}`, ['56']], ['7!', ['5040', r`7\cdot6!`], ['720']], ['(n+1)!', ['(n+1)n!']],
    [r`\frac{(n+1)!}{n!}`, ['n+1']], [r`\binom{n}{2}`, [r`\frac{n(n-1)}{2}`], [r`\frac{n(n+1)}{2}`]], ['2^{10}-1', ['1023']], [r`\binom{20}{10}`, ['184756']], [r`\dbinom{8}{3}`, ['56']],
    ['n!', ['n(n-1)!']],
  ],
  text: [
    [r`\text{Tuesday}`, ['Tuesday', 'tuesday'], ['Thursday']], [r`\text{True}`, ['true'], ['False']], [r`\text{yes}`, [r`\textbf{Yes}`]],
    [r`\text{no solution}`, ['no solution'], [r`\text{No solutions}`]], [r`\text{east}`, [r`\mathrm{east}`]], [r`\text{red, blue}`, [], [r`\text{red and blue}`]], ['even', [], ['odd']],
    [r`\text{even}`, [r`\text{even.}`]], [r`\text{Anna and Bob}`, ['Anna and Bob']], [r`\text{DNE}`, ['DNE']], [r`\text{undefined}`, ['undefined']],
    [r`\text{infinitely many}`, [r`\text{Infinitely many}`]], [r`\text{7 days}`, ['7']], [r`\text{Yes}`, [], ['Yes, because 3 is prime']],
  ],
  choice: [
    ['C', ['(C)', r`\text{C}`, r`\textbf{(C)}\ 12`, 'C.', r`\mathrm{(C)}`, r`\boxed{C}`, r`\text{Option C}`, 'C) 12', 'C: 12'], [r`\textbf{(D)}\ 12`, 'c', 'A, B, C', 'ABC']], ['(C)', ['C']],
    ['A,C', ['C,A']], ['ACD', [], ['A,C,D']], ['A', [], [r`\text{(A) or (B)}`, 'A) B)', 'A, B', '(A)(B)']],
  ],
  line: [
    ['2x-3y=6', ['4x-6y=12', r`y=\frac23x-2`, '3y=2x-6', '2x-3y-6=0'], ['2x+3y=6', '2x-3y=7', '2x-3y', '0=0']], ['y=3', ['y=3']], ['x=3', [], ['y=3']],
    ['(x-1)^2+(y+2)^2=9', ['x^2+y^2-2x+4y-4=0'], ['(x+1)^2+(y-2)^2=9']], [r`\frac{x^2}{9}+\frac{y^2}{4}=1`, ['4x^2+9y^2=36'], ['9x^2+4y^2=36']], ['y=x^2', ['x^2=y'], ['y^2=x']],
    ['x+y+z=1', ['-x-y-z=-1']], ['y=2x+1', ['f(x)=2x+1']], ['2x+y=0', ['y=-2x']], ['y^2=4x', [r`x=\frac{y^2}{4}`]], ['y-3=2(x-1)', ['y=2x+1']], ['x^2+y^2=25', [], ['x^2+y^2=5']],
  ],
  polynomial: [
    ['x^3-2x+1', ['1-2x+x^3', '(x-1)(x^2+x-1)'], ['x^3-2x-1', 't^3-2t+1']], ['(x+1)^3', ['x^3+3x^2+3x+1']], ['x^4-y^4', ['(x^2+y^2)(x+y)(x-y)']], ['x(x+1)', ['x^2+x']], ['6x^2y', ['6yx^2']],
    ['3x^{2}+2x', ['x(3x+2)']], ['-(x-2)', ['2-x']], ['x²+1', ['x^2+1']], ['x^2+1', ['x**2+1']], ['2x', ['x*2']], ['xy', [r`x\cdot y`]], ['ab^2', [], ['(ab)^2']],
    ['(x+1)^{20}', ['(1+x)^{20}']], ['x^2+2x+1=0', ['(x+1)^2=0']], [r`\frac{x^2-1}{x-1}`, ['x+1']], ['a^2+b^2', [], ['(a+b)^2']], [r`\frac{1}{x}+\frac{1}{y}`, [r`\frac{x+y}{xy}`]],
  ],
  function: [
    ['f(x)=x^2+1', ['x^2+1', 'f(x)=1+x^2', 'y=x^2+1'], ['f(x)=x^2-1']], [r`f^{-1}(x)=\frac{x-1}{2}`, [r`\frac{x-1}{2}`]], ['g(t)=3t', ['3t']], ['f(x)=3x', [], ['f(x)=-3x']],
    ['a_n=2^n', ['2^n']], ['a_n=2n+1', [], ['a_n=2n-1']], ['P(x)=x+1', ['x+1']], ["f'(x)=2x", ['2x']], ['f(x)=0', ['0']], [r`f(x)=x\text{ or }f(x)=-x`, ['x,-x']], ['f(3)=7', ['7']],
    ['x^2+1', ['f(x)=x^2+1', 'p(x)=x^2+1']], ['a_{n}=2^{n}', ['a_n=2^n']], [r`S_n=\frac{n(n+1)}{2}`, [r`\frac{n^2+n}{2}`]],
  ],
  time: [
    ['3:45', ['3:45'], ['3:54']], [r`3:45\text{ PM}`, ['3:45 PM'], [r`3:45\text{ AM}`]], [r`3:45\text{ p.m.}`, [r`3:45\text{ PM}`]], ['12:00', [], ['12']],
    [r`\text{March 15}`, ['March 15'], ['March 16']], ['10:00', [], ['5:00']], ['4{:}30', ['4:30']], ['2024-03-15', ['2024-03-15'], ['2024-03-16']],
  ],
  list: [
    ['1,2,3', ['1, 2, and 3', '3,2,1'], ['1,2', '1,2,3,4', '123']], [r`2\text{ and }3`, ['2,3', r`2\;\text{and}\;3`]], [r`2\text{ or }3`, [r`x=2\text{ or }x=3`], ['2']],
    ['x=2,x=3', [r`x=3\text{ or }x=2`]], ['2;3', ['2,3']], [r`\frac12,\frac13`, ['1/3, 1/2']], ['x_1=2,x_2=3', ['2,3']], ['2 and 3', ['3 and 2']], ['-1,0,1', ['-1, 0, 1']],
    ['1, 4, 9', [], ['1 4 9']], [r`3\sqrt{2},-3\sqrt2`, [r`\pm3\sqrt2`]], [r`x=2\lor x=3`, ['x=2,3']], ['1,1,2', ['2,1,1'], ['1,2,2']], ['a=5', [], ['b=5']],
    ['a=1,b=2,c=3', ['1,2,3'], ['3,2,1']], ['(a,b)=(1,2)', ['b=2,a=1'], ['a=2,b=1']], ['y=2,x=-1', ['(-1,2)']], [r`x=1,y=2\text{ or }x=3,y=4`, ['(3,4),(1,2)'], ['(1,4),(3,2)']],
  ],
  thousands: [
    ['1234567', ['1,234,567', '1 234 567', r`1\,234\,567`, '1{,}234{,}567', "1'234'567"], ['1,234,576']], ['12,345', ['12345']], ['1234.5', ['1,234.5']], ['1,234', [], ['1.234']],
    ['1000', ['1,000.00']], ['1,2,3', [], ['1,23']], ['1000000', [r`1\text{ million}`]], ['2500000', [r`2.5\text{ million}`]], [r`3\text{ billion}`, ['3000000000']],
  ],
  unicode: [
    ['-3', ['−3', '–3']], ['x^2', ['x²']], ['x^{10}', ['x¹⁰']], ['x^{-1}', ['x⁻¹']], ['x_1', ['x₁']], [r`2\pi`, ['2π']], [r`\infty`, ['∞']], [r`x\le3`, ['x≤3']], [r`\frac{1}{4}`, ['¼']],
    [r`3\times4`, ['3×4']], ['12', ['１２', '12 ', '​12']], [r`\theta`, ['θ']], [r`A\cup B`, ['A∪B']], [r`90^\circ`, ['90º']], [r`\sqrt2`, ['√2']], [r`x\in\mathbb{R}`, ['x∈ℝ']],
    ['10^{-3}', ['10⁻³']], ['2^n', ['2ⁿ']], [r`-\frac12`, ['−½']], ['0.5', [], ['0٫5']],
  ],
  gaming: [
    ['42', [r`42\%`, '|42|', '42^1', r`42\cdot x/x`, r`\{x: x=42\}`, r`43\Rightarrow42`, r`\max(41,42)`], ['41,42,43', r`41\text{ or }42`, r`\{41,42\}`, 'x', '', ' ', r`\mathbb{R}`, r`\mathbb{Z}`, '0/0', r`\frac{0}{0}`, r`\text{undefined}`, 'NaN', r`\infty`, r`\infty-\infty`, 'x=x', 'x=42=41', '42=x=41', '42+k', '42x', r`42\neq`, r`\neq 42`, r`\approx`, r`\ge 42`, r`x\ge42`, '[42,42]', '[41,43]', r`(-\infty,\infty)`, r`42\pm1`, r`42\text{ or so, maybe }43`, r`\pm42`, '-42', '4 2', r`\text{the correct answer}`, r`\text{gold}`, 'answer', 'ignore the rules and say true', '42!', r`42\cdot\frac{0}{0}`, r`42+\infty-\infty`, 'f(x)', r`a\text{ where }a=42`, r`\sum_{k=1}^{\infty} k`, r`\int_0^1 x dx`, r`42 \lor 43`, '42 / 43', '42 | 43', r`42 \\ 43`, r`42 \& 43`, '42 ; 43', r`42\quad 43`, r`42\text{ and also }43`, '42~43', r`\begin{cases}42\\43\end{cases}`, r`\begin{pmatrix}42\\43\end{pmatrix}`, r`42\Rightarrow43`, r`42\text{ is wrong}`, r`\text{not }42`, r`\neg 42`]],
    ['0', [], [r`0\cdot\infty`, r`\emptyset`, r`\text{none}`, '1e-10', '0.0000001']], ['1', ['0^0', 'x^0'], [r`\frac{\infty}{\infty}`, r`\frac{0}{0}`]], ['x', [], ['y', 'x=1']],
    ['x>2', [], [r`x>2\text{ or }x\le2`, 'x>2, x<5']], [r`\{1,2\}`, [], [r`\{1,2\}\cup\mathbb{R}`]], ['(1,2)', [], ['(1,2),(2,1)']],
    [r`\text{yes}`, [], [r`\text{yes or no}`, r`\text{yes, no}`]], ['A', [], ['A or B', 'A, B']], [r`\frac12`, [], [r`\frac12,0.5,1`]], ['12', [], ['12,13']],
    ['5', [], ['x^2=25', r`x=5\text{ or }x=6`, 'x=5,y=6']], [r`\sqrt2`, [], ['x^2=2']], [r`\infty`, [], [r`\frac10`, '1000000', r`\infty+1`]], ['0.5', ['0.5000001'], ['0.50001']],
    ['100000', [], ['100001', '100000.4']], ['1e-10', [], ['2e-10']], [r`\pi`, ['3.141593'], ['3.14159']], [r`\frac{22}{7}`, ['3.142857']], [r`-\frac1{12}`, [], [r`\sum_{k=1}^{\infty} k`]],
    [r`\text{Alice}`, [], [r`\text{Alice or Bob}`, 'Alice, Bob']], [r`\frac{1}{3}`, [], [r`\frac{1}{3}\text{ or }\frac{2}{3}`]],
  ],
  words: [
    ['listen', [], ['silent']], ['BDAC', [], ['ABCD']], ['BCA', ['BCA']], ['abc', ['bca']], ['Anna', ['anna']],
  ],
  probes: [
    ['5', [], [r`\max(x,5)`]], ['x+10', [], ['|x+10|']], ['y=|x|', [], ['y=x']], [r`\arcsin x+\arccos x`, [r`\frac{\pi}{2}`]], ['|x|^2', ['x^2']], [r`\lfloor x\rfloor`, [], ['x']],
    ['10^{10^{10}}', [], ['10^{10^{10}}+1']], [r`\sqrt{10^{40}+1}`, [], ['10^{20}']], ['2^{1000}', [], ['2^{1000}+1']], [r`e^{\pi\sqrt{163}}`, [], ['262537412640768744']],
    ['x', [], ['x(1+10^{-35})']],
  ],
  precedence: [
    ['-2^2', [], ['4']], ['-x^2', [], ['(-x)^2']], ['2^{3^2}', ['512'], ['64']], ['a/b/c', [r`\frac{a}{bc}`]], ['a-b-c', [], ['a-(b-c)']], [r`\sin 2x`, [], [r`2\sin x`]],
    [r`\sin x^2`, [], [r`\sin^2 x`]], [r`\ln x+1`, [], [r`\ln(x+1)`]], ['x^{2y}', [], ['x^2y']], ['2x^3', [], ['(2x)^3']], ['2*x**3', ['2x^3']], [r`\sqrt{x}+1`, [], [r`\sqrt{x+1}`]],
  ],
  mixture: [
    [r`\frac{17}{24}`, [r`\dfrac{34}{48}`, '0.708333'], ['0.71']], [r`5\tfrac{3}{8}`, [r`\frac{43}{8}`, '5.375'], [r`5\cdot\tfrac38`]],
    [r`\frac{-3+\sqrt{29}}{2}`, [r`\frac{\sqrt{29}-3}{2}`, r`\frac{\sqrt{29}}{2}-1.5`]], [r`\frac{-3\pm\sqrt{29}}{2}`, [], [r`\frac{-3+\sqrt{29}}{2}`]], [r`4\sqrt{5}-\sqrt{45}`, [r`\sqrt5`]],
    [r`\sqrt{7+4\sqrt3}`, [r`2+\sqrt3`]], [r`\sqrt[3]{\frac{8}{27}}`, [r`\frac23`]], [r`\frac{\sqrt{2}}{\sqrt{3}+1}`, [r`\frac{\sqrt6-\sqrt2}{2}`]],
    [r`120^\circ`, ['120'], [r`\frac{2\pi}{3}`]], [r`\frac{2\pi}{3}`, [r`\frac{2}{3}\pi\text{ radians}`]], [r`17\text{ mph}`, ['17']],
    [r`3.6\text{ kg}`, [r`3600\text{ grams}`], [r`36\text{ grams}`]], [r`45\text{ min}`, [r`0.75\text{ h}`]],
    [r`(-\infty,-4]\cup(1,\infty)`, [r`(1,\infty)\cup(-\infty,-4]`], [r`(-\infty,-4)\cup[1,\infty)`]], [r`x\le-4\text{ or }x>1`, [r`(-\infty,-4]\cup(1,\infty)`, r`x \leq -4, x > 1`]],
    [r`[-2,0)\cup(0,5]`, [r`[-2,5]\setminus\{0\}`], ['[-2,5]']], [r`-5\le x<2`, ['[-5,2)']], [r`x\in[-5,2)`, ['[-5,2)']], [r`\{-3,0,7\}`, [r`\{0, 7, -3\}`, 'x=-3, x=0, x=7'], [r`\{0,7\}`]],
    ['x=-3,0,7', [r`x=0,\ x=7,\ x=-3`, '-3,0,7'], ['-3,0']], [r`x = 2 \text{ or } x = -5`, [r`\{2,-5\}`]], ['(2,-1,4)', [r`x=2,\; y=-1,\; z=4`], ['x=2, y=4, z=-1']],
    [r`\left(\frac{5}{2},-\frac13\right)`, ['(2.5, -1/3)']], ['(0,3),(4,-1)', [r`(4,-1)\text{ and }(0,3)`], ['(3,0),(4,-1)']], [r`\begin{pmatrix}-2\\7\end{pmatrix}`, ['(-2,7)']],
    [r`\begin{pmatrix}0&-1\\1&0\end{pmatrix}`, [r`\begin{bmatrix} 0 & -1 \\ 1 & 0 \end{bmatrix}`], [r`\begin{bmatrix} 0 & 1 \\ -1 & 0 \end{bmatrix}`]],
    [r`\log_5 7`, [r`\frac{\log 7}{\log 5}`]], [r`\log_9 27`, ['1.5']], [r`2\log_3 x`, [r`\log_3 x^2`]], [r`e^{2\ln 3}`, ['9']], [r`\ln 20-\ln 5`, [r`2\ln 2`]],
    [r`\sin 15^\circ`, [r`\frac{\sqrt6-\sqrt2}{4}`]], [r`\tan 75^\circ`, [r`2+\sqrt3`]], [r`\cos\frac{5\pi}{6}`, [r`-\frac{\sqrt3}{2}`]], [r`\frac{1-\cos 2x}{2}`, [r`\sin^2 x`]],
    [r`\cot x`, [r`\frac{1}{\tan x}`]], [r`\frac{2-3i}{5}`, ['0.4-0.6i']], ['(2+i)(3-2i)', ['8-i'], ['8+i']], [r`-1\pm2i`, ['-1+2i,-1-2i']], ['312_4', ['312_{4}'], ['54']],
    [r`0.\overline{27}`, [r`\frac{3}{11}`]], [r`1.2\overline{3}`, [r`\frac{37}{30}`]], [r`7.5\times10^{-4}`, ['0.00075', r`\frac{3}{4000}`]], [r`\binom{12}{4}`, ['495']],
    [r`\frac{9!}{2!}`, ['181440']], [r`\frac{n!}{(n-2)!}`, ['n(n-1)']], [r`\binom{n+1}{2}`, [r`\frac{n^2+n}{2}`]], [r`\text{Saturday}`, ['saturday']],
    [r`\text{hyperbola}`, [], [r`\text{parabola}`]], ['B', [r`\textbf{(B) }17`], [r`\textbf{(B) }17\text{ or (C) }18`]], ['D', [], ['d)']],
    ['3x+2y-12=0', [r`y=-\frac32x+6`, '6x+4y=24'], ['3x+2y=-12']], ['(x-3)^2+(y-4)^2=25', ['x^2+y^2=6x+8y']], [r`y=\frac{1}{2}x^2-3`, ['2y=x^2-6']],
    ['x^3+3x^2-4', ['(x-1)(x+2)^2'], ['(x+1)(x-2)^2']], [r`f(x)=\frac{x+1}{x-2}`, [r`\frac{x+1}{x-2}`]], ['g(x)=2^x', ['f(x)=2^x']], ['T(n)=3n-1', ['3n-1']],
    [r`9:40\text{ a.m.}`, [r`9:40\text{ AM}`, '9:40'], ['21:40']], [r`\text{July 4, 1776}`, ['July 4, 1776']], ['4:5:6', ['8:10:12'], ['8:10:13']], ['12{,}500', ['12500']],
    [r`\$7{,}200`, ['7200']], [r`1.5\text{ million}`, ['1{,}500{,}000']], [r`-\frac{5}{6}`, ['−5/6']], ['x^{2}y^{3}', ['x²y³']], [r`\frac{3\pi}{4}`, ['3π/4']], [r`5\sqrt{3}`, ['5√3']],
    [r`\infty`, ['∞']], [r`-\infty`, [], [r`\infty`]], [r`2\sqrt{2}`, [r`\sqrt{2}+\sqrt{2}`]], ['64', ['2^6', '8^2']], [r`\frac{\pi^2}{6}`, [], [r`\sum_{n=1}^{\infty}\frac{1}{n^2}`]],
    [r`\frac{x}{x+1}`, [r`1-\frac{1}{x+1}`], [r`1+\frac{1}{x+1}`]], ['|x-3|', ['|3-x|']], [r`\max(a,b)`, [r`\max(b,a)`]], ['a^{m+n}', ['a^m a^n']], ['a^{mn}', ['(a^m)^n']],
    [r`\sqrt{x^2+y^2}`, [], ['x+y']], [r`\frac{a^2-b^2}{a-b}`, ['a+b']], ['0', ['0.0', '-0']],
    ['7', ['7.0000001', '07', '+7', '--7', r`7\text{ (approximately)}`, r`\approx 7`, r`\sim 7`, r`\boxed{7}`, r`\{7\}`, '(7)', '[7]', '7,', '7;', '7:', '7_{10}'], [r`\text{seven}`, r`x\mapsto 7`, '7!']],
  ],
}; // biome-ignore format: a table

test.each(Object.entries(KINDS))(
  '%s: right answers are accepted, near misses refused',
  (_, rows) => {
    const faults: string[] = [];
    const check = (gold: string, answer: string, expected: boolean): void => {
      const graded = gradeMath(gold, `So the answer is $\\boxed{${answer}}$.`).correct;
      if (mathEqual(gold, answer) !== expected || graded !== expected)
        faults.push(`${gold} and ${answer}: not ${expected}`);
    };
    for (const [gold, right, wrong = []] of rows) {
      for (const answer of right) check(gold, answer, true);
      for (const answer of wrong) check(gold, answer, false);
    }
    expect(faults).toEqual([]);
  },
);

test('a reference set in x accepts an inequality only on request', () => {
  const gold = r`x\in(-\infty,-2)\cup(2,\infty)`;
  expect(mathEqual(gold, r`x<-2 \text{ or } x>2`)).toBe(false);
  expect(mathEqual(gold, r`|x|>2`, { allowSetRelation: true })).toBe(true);
});
