#!/usr/bin/env node
import { startServer } from './serve.ts'

process.exitCode = await startServer(process.argv.slice(2))
