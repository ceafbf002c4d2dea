export { bootFirmware, type RunningBoard } from '../board/testing/emulated-board.ts';
export { inTurn, testTurn } from './turn.ts';
