import { baseConversion } from './baseConversion.ts';
import { basicArithmetic } from './basicArithmetic.ts';
import { binaryMatrix } from './binaryMatrix.ts';
import { bitwiseArithmetic } from './bitwiseArithmetic.ts';
import { caesarCipher } from './caesarCipher.ts';
import { chainSum } from './chainSum.ts';
import { countdown } from './countdown.ts';
import { gameOfLife } from './gameOfLife.ts';
import { gcd } from './gcd.ts';
import { graphColor } from './graphColor.ts';
import type { GymFamily } from './gym/gymFamily.ts';
import { jugs } from './jugs.ts';
import { knightsKnaves } from './knightsKnaves.ts';
import { largestIsland } from './largestIsland.ts';
import { lcm } from './lcm.ts';
import { letterCounting } from './letterCounting.ts';
import { maze } from './maze.ts';
import { miniSudoku } from './miniSudoku.ts';
import { nQueens } from './nQueens.ts';
import { numberSorting } from './numberSorting.ts';
import { primeFactorization } from './primeFactorization.ts';
import { propositionalLogic } from './propositionalLogic.ts';
import { puzzle24 } from './puzzle24.ts';
import { rotateMatrix } from './rotateMatrix.ts';
import { shortestPath } from './shortestPath.ts';
import { simpleEquations } from './simpleEquations.ts';
import { spellBackward } from './spellBackward.ts';
import { spiralMatrix } from './spiralMatrix.ts';
import { sudoku } from './sudoku.ts';
import { towerOfHanoi } from './towerOfHanoi.ts';
import { wordLadder } from './wordLadder.ts';

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
