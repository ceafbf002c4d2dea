import { CompileError } from '@ghostc/ir';

/** External data must be in the model's folder or below: throws `onnx/external-data` for any other location. */
export function checkExternalLocation(location: string): void {
  const problem = locationProblem(location);
  if (problem)
    throw new CompileError(
      'onnx/external-data',
      `external data ${JSON.stringify(location)} ${problem}; expected a path inside the model's folder`,
    );
}

function locationProblem(location: string): string | undefined {
  if (location === '') return 'has no location';
  if (location.includes('\0')) return 'contains a zero byte';
  if (location.includes('\\')) return 'contains a backslash';
  if (location.startsWith('/') || /^[A-Za-z]:/.test(location)) return 'is an absolute path';
  if (location.split('/').includes('..')) return 'leads out of the folder';
  return undefined;
}
