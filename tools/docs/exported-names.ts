import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

export interface ExportedName {
  readonly file: string;
  readonly name: string;
  /** Its docstring; empty where there is none. */
  readonly doc: string;
  /** Whether its own code throws; what `infer` and `evaluate` of an op throw is said once, at `defineOp`. */
  readonly throws: boolean;
}

/** What a package's index exports from its own files. Files are only parsed, not checked: 2 s for all packages. */
export function exportedNames(index: string): ExportedName[] {
  return parse(index)
    .statements.filter(ts.isExportDeclaration)
    .flatMap((statement) => {
      const { exportClause, moduleSpecifier } = statement;
      if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier) || !moduleSpecifier.text.startsWith('.'))
        return [];
      if (!exportClause || !ts.isNamedExports(exportClause))
        throw new Error(`${index}: export names one by one`);
      const source = parse(join(dirname(index), moduleSpecifier.text));
      return exportClause.elements.map(({ name, propertyName }) =>
        describe(source, (propertyName ?? name).text),
      );
    });
}

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);

function describe(source: ts.SourceFile, name: string): ExportedName {
  const found = source.statements.find((statement) => declares(statement, name));
  const docs = found ? ts.getJSDocCommentsAndTags(found).filter(ts.isJSDoc) : [];
  const doc = docs.map((one) => one.getText(source)).join(' ');
  return { file: source.fileName, name, doc, throws: found !== undefined && throwsIn(found) };
}

function declares(statement: ts.Statement, name: string): boolean {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.some((one) => one.name.getText() === name);
  return 'name' in statement && (statement.name as ts.Identifier | undefined)?.text === name;
}

function throwsIn(node: ts.Node): boolean {
  if (ts.isCallExpression(node) && node.expression.getText() === 'defineOp') return false;
  return (
    ts.isThrowStatement(node) || (ts.forEachChild(node, (child) => throwsIn(child) || undefined) ?? false)
  );
}
