import { basename, dirname, resolve } from 'node:path';
import { writeFiles } from '../write-files.ts';
import type { ConformReport } from './conform-report.ts';
import { badge, htmlPage, junitXml, tap } from './report-formats.ts';

/** Files that a report is written to. */
export interface ReportFlags {
  /** `true`: standard output. */
  readonly json?: string | true;
  readonly junit?: string;
  readonly tap?: string;
  readonly html?: string;
  readonly badge?: string;
}

/** Writes the report in every form that is asked for: all files of a folder or none of them. */
export async function writeReports(report: ConformReport, flags: ReportFlags): Promise<void> {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (flags.json === true) process.stdout.write(json);
  const written: [string | true | undefined, string][] = [
    [flags.json, json],
    [flags.junit, await junitXml(report)],
    [flags.tap, tap(report)],
    [flags.html, htmlPage(report)],
    [flags.badge, await badge(report)],
  ];
  const folders = new Map<string, Map<string, string>>();
  for (const [file, text] of written) {
    if (typeof file !== 'string') continue;
    const folder = dirname(resolve(file));
    const files = folders.get(folder) ?? new Map();
    folders.set(folder, files.set(basename(file), text));
  }
  for (const [folder, files] of folders) writeFiles(folder, files);
}
