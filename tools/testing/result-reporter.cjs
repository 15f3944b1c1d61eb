// Leaves one result file per project and run, so that the closing line of `npm test` is counted from what ran, not from a cache.
const fs = require('node:fs');
const path = require('node:path');

const fileOf = (suite) => path.relative(path.join(__dirname, '../..'), suite.testFilePath);

class ResultReporter {
  constructor(globalConfig, options) {
    this.folder = path.join(__dirname, '../../test-output');
    this.project = options.project;
  }

  onRunComplete(_contexts, results) {
    fs.mkdirSync(this.folder, { recursive: true });
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites, testResults } =
      results;
    fs.writeFileSync(
      path.join(this.folder, `${this.project}.json`),
      JSON.stringify({
        project: this.project,
        passed: numPassedTests,
        // A suite that could not even load counts as one failure.
        failed: numFailedTests + numRuntimeErrorTestSuites,
        skipped: numPendingTests + numTodoTests,
        tests: testResults.flatMap((suite) =>
          suite.testResults.map(({ fullName, status }) => ({ file: fileOf(suite), name: fullName, status })),
        ),
        failures: testResults.flatMap((suite) => [
          ...suite.testResults
            .filter(({ status }) => status === 'failed')
            .map(({ fullName, failureMessages }) => ({
              file: fileOf(suite),
              name: fullName,
              message: failureMessages.join('\n'),
            })),
          ...(suite.testExecError
            ? [{ file: fileOf(suite), name: 'the suite could not run', message: suite.failureMessage ?? '' }]
            : []),
        ]),
        skippedSuites: testResults.filter((suite) => suite.numPendingTests > 0).map(fileOf),
      }),
    );
  }
}

module.exports = ResultReporter;
