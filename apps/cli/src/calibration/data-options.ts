import { type Command, Option } from 'commander';

/** Adds the flags that describe how stored data becomes a network's input; `parseCalibrationSpec` reads them. */
export function addDataOptions(command: Command): Command {
  return command
    .option('--shape <sizes>', 'shape of a raw file, such as 200x1x28x28')
    .addOption(new Option('--dtype <type>', 'elements of a raw file').choices(['u8', 'f32']).default('u8'))
    .addOption(
      new Option('--layout <order>', 'axes of arrays and raw files')
        .choices(['nchw', 'nhwc'])
        .default('nchw'),
    )
    .option(
      '--scale <n>',
      'x = (stored * scale - mean) / std; 1/255 for bytes and pictures if absent, else 1',
    )
    .option('--mean <list>', 'one number, or one per channel', '0')
    .option('--std <list>', 'one number, or one per channel', '1')
    .option('--resize <size>', 'pictures: the shorter side, or HEIGHTxWIDTH')
    .option('--crop <size>', 'pictures: cut from the middle')
    .addOption(
      new Option('--order <order>', 'pictures: order of channels').choices(['rgb', 'bgr']).default('rgb'),
    );
}
