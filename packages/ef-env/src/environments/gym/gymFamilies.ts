import type { GymFamily } from './core/gymFamily.ts';
import { baseConversion } from './families/baseConversion.ts';
import { basicArithmetic } from './families/basicArithmetic.ts';
import { binaryMatrix } from './families/binaryMatrix.ts';
import { bitwiseArithmetic } from './families/bitwiseArithmetic.ts';
import { caesarCipher } from './families/caesarCipher.ts';
import { chainSum } from './families/chainSum.ts';
import { countdown } from './families/countdown.ts';
import { gameOfLife } from './families/gameOfLife.ts';
import { gcd } from './families/gcd.ts';
import { graphColor } from './families/graphColor.ts';
import { jugs } from './families/jugs.ts';
import { knightsKnaves } from './families/knightsKnaves.ts';
import { largestIsland } from './families/largestIsland.ts';
import { lcm } from './families/lcm.ts';
import { letterCounting } from './families/letterCounting.ts';
import { maze } from './families/maze.ts';
import { miniSudoku } from './families/miniSudoku.ts';
import { nQueens } from './families/nQueens.ts';
import { numberSorting } from './families/numberSorting.ts';
import { primeFactorization } from './families/primeFactorization.ts';
import { propositionalLogic } from './families/propositionalLogic.ts';
import { puzzle24 } from './families/puzzle24.ts';
import { rotateMatrix } from './families/rotateMatrix.ts';
import { shortestPath } from './families/shortestPath.ts';
import { simpleEquations } from './families/simpleEquations.ts';
import { spellBackward } from './families/spellBackward.ts';
import { spiralMatrix } from './families/spiralMatrix.ts';
import { sudoku } from './families/sudoku.ts';
import { towerOfHanoi } from './families/towerOfHanoi.ts';
import { wordLadder } from './families/wordLadder.ts';

/** The 30 families by the names they have in reasoning-gym. */
export const GYM_FAMILIES: Record<GymFamilyName, GymFamily<unknown>> = {
  countdown,
  puzzle24,
  mini_sudoku: miniSudoku,
  sudoku,
  n_queens: nQueens,
  tower_of_hanoi: towerOfHanoi,
  maze,
  jugs,
  word_ladder: wordLadder,
  knights_knaves: knightsKnaves,
  graph_color: graphColor,
  shortest_path: shortestPath,
  chain_sum: chainSum,
  basic_arithmetic: basicArithmetic,
  number_sorting: numberSorting,
  letter_counting: letterCounting,
  gcd,
  lcm,
  prime_factorization: primeFactorization,
  base_conversion: baseConversion,
  spell_backward: spellBackward,
  simple_equations: simpleEquations,
  bitwise_arithmetic: bitwiseArithmetic,
  propositional_logic: propositionalLogic,
  game_of_life: gameOfLife,
  rotate_matrix: rotateMatrix,
  spiral_matrix: spiralMatrix,
  caesar_cipher: caesarCipher,
  binary_matrix: binaryMatrix,
  largest_island: largestIsland,
};

export type GymFamilyName =
  | 'countdown'
  | 'puzzle24'
  | 'mini_sudoku'
  | 'sudoku'
  | 'n_queens'
  | 'tower_of_hanoi'
  | 'maze'
  | 'jugs'
  | 'word_ladder'
  | 'knights_knaves'
  | 'graph_color'
  | 'shortest_path'
  | 'chain_sum'
  | 'basic_arithmetic'
  | 'number_sorting'
  | 'letter_counting'
  | 'gcd'
  | 'lcm'
  | 'prime_factorization'
  | 'base_conversion'
  | 'spell_backward'
  | 'simple_equations'
  | 'bitwise_arithmetic'
  | 'propositional_logic'
  | 'game_of_life'
  | 'rotate_matrix'
  | 'spiral_matrix'
  | 'caesar_cipher'
  | 'binary_matrix'
  | 'largest_island';
