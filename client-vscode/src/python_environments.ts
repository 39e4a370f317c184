// Asks the Python extensions, where there are any, which interpreter was chosen for a folder.

import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';

import { interpreterOf } from './paths';

/** The part used here of the API of ms-python.vscode-python-envs. */
interface EnvironmentsApi {
  getEnvironment(scope: vscode.Uri | undefined): Promise<{ execInfo?: { run?: { executable?: string } } } | undefined>;
  readonly onDidChangeEnvironment: vscode.Event<unknown>;
}

/** The part used here of the API of ms-python.python. */
interface PythonApi {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

const PATIENCE = 10_000; // An interpreter search that hangs must not keep AwaitLens from starting.

/** The chosen interpreter of a folder: from the Python extensions, else the folder's own .venv; undefined for none. */
export async function chosenInterpreter(folder: vscode.Uri | undefined): Promise<string | undefined> {
  const chosen = (await fromEnvironments(folder)) ?? (await fromPython(folder));
  if (chosen || !folder) {
    return chosen;
  }
  const own = interpreterOf(path.join(folder.fsPath, '.venv'));
  return existsSync(own) ? own : undefined;
}

/** Calls `changed` whenever another interpreter is chosen. */
export async function watchInterpreters(changed: () => void): Promise<vscode.Disposable> {
  const environments = await api<EnvironmentsApi>('ms-python.vscode-python-envs');
  const python = await api<PythonApi>('ms-python.python');
  return vscode.Disposable.from(
    ...(environments ? [environments.onDidChangeEnvironment(changed)] : []),
    ...(python ? [python.environments.onDidChangeActiveEnvironmentPath(changed)] : []),
  );
}

async function fromEnvironments(folder: vscode.Uri | undefined): Promise<string | undefined> {
  const environments = await api<EnvironmentsApi>('ms-python.vscode-python-envs');
  const environment = environments && (await patiently(environments.getEnvironment(folder)));
  return environment?.execInfo?.run?.executable;
}

async function fromPython(folder: vscode.Uri | undefined): Promise<string | undefined> {
  const python = await api<PythonApi>('ms-python.python');
  const environment =
    python &&
    (await patiently(python.environments.resolveEnvironment(python.environments.getActiveEnvironmentPath(folder))));
  return environment?.executable.uri?.fsPath;
}

async function api<T>(id: string): Promise<T | undefined> {
  const extension = vscode.extensions.getExtension<T>(id);
  return extension && patiently(extension.isActive ? extension.exports : extension.activate());
}

// Other extensions may fail or hang. Either way there is no answer from them.
async function patiently<T>(answer: T | Thenable<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, PATIENCE, undefined)));
  try {
    return await Promise.race([answer, silence]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
