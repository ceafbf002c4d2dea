import { Command } from 'commander';
import { bisectCommand } from './commands/bisect.ts';
import { boardCommand } from './commands/board.ts';
import { compileCommand } from './commands/compile.ts';
import { completionCommand } from './commands/completion.ts';
import { conformCommand } from './commands/conform.ts';
import { doctorCommand } from './commands/doctor.ts';
import { editCommand } from './commands/edit.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { explainCommand } from './commands/explain.ts';
import { extractCommand } from './commands/extract.ts';
import { fitCommand } from './commands/fit.ts';
import { fuzzCommand } from './commands/fuzz.ts';
import { inspectCommand } from './commands/inspect.ts';
import { mergeCommand } from './commands/merge.ts';
import { optCommand } from './commands/opt.ts';
import { profileCommand } from './commands/profile.ts';
import { quantizeCommand } from './commands/quantize.ts';
import { sweepCommand } from './commands/sweep.ts';
import { tuneCommand } from './commands/tune.ts';
import { verifyCommand } from './commands/verify.ts';
import { workerCommand } from './commands/worker.ts';
import { version } from './version.ts';
import { serveWorker } from './worker/serve-worker.ts';

/** The commands, with their options: nothing runs yet. */
export function ghostcProgram(): Command {
  return new Command('ghostc')
    .description('compile GhostNet-family networks to ONNX, WGSL and C, and prove that all compute the same')
    .version(version)
    .addCommand(compileCommand())
    .addCommand(verifyCommand())
    .addCommand(tuneCommand())
    .addCommand(inspectCommand())
    .addCommand(fitCommand())
    .addCommand(optCommand())
    .addCommand(editCommand())
    .addCommand(mergeCommand())
    .addCommand(extractCommand())
    .addCommand(explainCommand())
    .addCommand(bisectCommand())
    .addCommand(quantizeCommand())
    .addCommand(evaluateCommand())
    .addCommand(profileCommand())
    .addCommand(boardCommand())
    .addCommand(conformCommand())
    .addCommand(fuzzCommand())
    .addCommand(sweepCommand())
    .addCommand(workerCommand())
    .addCommand(doctorCommand())
    .addCommand(completionCommand())
    .addCommand(new Command('serve-engine').action(serveWorker), { hidden: true });
}
