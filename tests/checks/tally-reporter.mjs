import { writeFileSync } from 'node:fs'

/** The rest is in the default reporter's output. @param {{ message: string }} error */
const firstLineOf = (error) => error.message.split('\n')[0]

/**
 * A vitest reporter that writes what happened to the file that `SHOAL_TALLY` names: how many tests passed, and a line for everything that did not.
 * A skipped test is such a line too, and so is an error outside any test: nothing is left out silently.
 */
export default class TallyReporter {
  /** @param {readonly import('vitest/node').TestModule[]} modules @param {readonly { message: string }[]} unhandledErrors */
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    /** @type {string[]} */
    const failures = []
    for (const module of modules) {
      const file = module.relativeModuleId
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        else failures.push(`${file} > ${test.fullName}: ${state}`)
      }
      // Errors of a file or a suite, outside its tests: it does not load, or a hook failed.
      const errors = [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())]
      for (const error of errors) failures.push(`${file}: ${firstLineOf(error)}`)
    }
    for (const error of unhandledErrors) failures.push(`unhandled error: ${firstLineOf(error)}`)
    writeFileSync(process.env.SHOAL_TALLY ?? '', JSON.stringify({ passed, failures }))
  }
}
